import type { Labels } from '../model/labels.ts';
import { type QueryAnswer, ruleFunctions } from './rule-functions.ts';
import { executeTemplate, parseTemplates } from './template.ts';
import { NeedsQuery, TemplateError } from './template-error.ts';
import { floatValue, type StructValue, stringMapValue, structValue, type Value } from './value.ts';

/** A label or annotation of an alerting rule, and the alert instance it is expanded for. */
export interface RuleTemplate {
  readonly ruleName: string;
  readonly text: string;
  /** Labels of the result element, metric name included. */
  readonly labels: Labels;
  readonly externalLabels: Labels;
  /** As configured; "" when there is none. */
  readonly externalUrl: string;
  /** A histogram comes as the text it prints as. */
  readonly value: number | { readonly histogramText: string };
  readonly evalAtMs: number;
  /** Answers `query "…"` from what was loaded. */
  readonly query: (expression: string) => QueryAnswer;
}

export type RuleExpansion =
  | { readonly kind: 'text'; readonly text: string }
  /** The template failed; `text` is what stands in for its output: `<error expanding template: …>`. */
  | { readonly kind: 'failed'; readonly text: string }
  /** Load the result of this expression at the evaluation time and expand again. */
  | { readonly kind: 'needs-query'; readonly expression: string };

/** What stands before every rule template, on its first line: columns in errors count it. */
const DEFINITIONS =
  '{{$labels := .Labels}}{{$externalLabels := .ExternalLabels}}{{$externalURL := .ExternalURL}}{{$value := .Value}}';
const ROOT_TYPE =
  'struct { Labels map[string]string; ExternalLabels map[string]string; ExternalURL string; Value interface {} }';

/** Expands one label or annotation of an alerting rule for one element of its result. */
export function expandRuleTemplate(template: RuleTemplate): RuleExpansion {
  if (!template.text.includes('{{')) return { kind: 'text', text: template.text };
  const name = templateName(template.ruleName);
  let stage = 'parsing';
  try {
    const set = parseTemplates([{ name, text: DEFINITIONS + template.text }], ruleFunctions(template), 'text');
    stage = 'executing';
    return { kind: 'text', text: executeTemplate(set, name, ruleRoot(template)) };
  } catch (error) {
    if (error instanceof NeedsQuery) return { kind: 'needs-query', expression: error.expression };
    if (!(error instanceof TemplateError)) throw error;
    return { kind: 'failed', text: `<error expanding template: error ${stage} template ${name}: ${error.message}>` };
  }
}

/** What is wrong with a template before it ever runs (`template: __alert_x:1: function "nofunc" not defined`); null when it parses. */
export function checkRuleTemplate({
  ruleName,
  text,
}: {
  readonly ruleName: string;
  readonly text: string;
}): string | null {
  const scope = { query: (): QueryAnswer => ({ kind: 'unknown' }), externalUrl: '', evalAtMs: 0 };
  try {
    parseTemplates([{ name: templateName(ruleName), text: DEFINITIONS + text }], ruleFunctions(scope), 'text');
    return null;
  } catch (error) {
    if (error instanceof TemplateError) return error.message;
    throw error;
  }
}

function templateName(ruleName: string): string {
  return `__alert_${ruleName}`;
}

function ruleRoot({ labels, externalLabels, externalUrl, value }: RuleTemplate): StructValue {
  const shown: Value =
    typeof value === 'number'
      ? floatValue(value)
      : { kind: 'text', type: '*histogram.FloatHistogram', text: value.histogramText };
  return structValue(ROOT_TYPE, {
    Labels: stringMapValue(labels.pairs),
    ExternalLabels: stringMapValue(externalLabels.pairs),
    ExternalURL: externalUrl,
    Value: shown,
  });
}
