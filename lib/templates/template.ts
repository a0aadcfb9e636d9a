/**
 * Go templates, our own engine: text and HTML mode, synchronous, total. A template cannot run forever or fill the memory:
 * output, steps and nesting are limited, and whatever goes wrong is a TemplateError with Go's text.
 *
 *   const set = parseTemplates([{ name: 'a.tmpl', text }], notifyFunctions({ nowMs }), 'text');
 *   executeTemplate(set, '__subject', root);                    // a defined template
 *   executeTemplate(extendTemplates(set, { name: '', text: '{{ .Status }}' }), '', root);   // inline text, `set` unchanged
 *
 * value.ts          Go values: what templates compute with, and what roots are made of
 * lexer, parse      text → tokens → tree; print-syntax prints it back for errors
 * evaluate, execute pipelines → values; statements → output
 * escape-html       HTML mode: finds the place of every printed value (html-scan, script-scan), html-escapers makes it safe
 * rule-template     templates of alerting rules: `expandRuleTemplate`, `checkRuleTemplate`
 * notification-root the root of notification templates: `notificationRoot`
 */
import { builtins } from './builtins.ts';
import { escapeTemplates } from './escape-html.ts';
import { executeBody } from './execute.ts';
import type { FunctionTable } from './functions.ts';
import { isEmptyBody, parseSource, type Template } from './parse.ts';
import type { Run, TemplateLimits } from './run.ts';
import { TemplateError } from './template-error.ts';
import { createText, MAX_TEXT_LENGTH } from './text-builder.ts';
import type { Value } from './value.ts';

/** In `html` mode every printed value is escaped for its place in the document. */
export type TemplateMode = 'text' | 'html';

/** A text to parse. `name` is the name of its own template and shows in errors; Alertmanager's files and fields have "". */
export interface TemplateSource {
  readonly name: string;
  readonly text: string;
}

/** Parsed templates that can call each other, with the functions they may use. Immutable. */
export interface TemplateSet {
  readonly mode: TemplateMode;
  readonly functions: FunctionTable;
  readonly templates: ReadonlyMap<string, Template>;
}

const MAX_SOURCE_LENGTH = 1_048_576;

const TEMPLATE_LIMITS: TemplateLimits = {
  maxOutputLength: MAX_TEXT_LENGTH,
  maxSteps: 500_000,
  maxDepth: 400,
};

/**
 * Parses sources in order; a later definition of a name wins over an earlier one. `functions` come on top of Go's builtins.
 * Throws a TemplateError: `template: x:1: function "foo" not defined`.
 */
export function parseTemplates(
  sources: readonly TemplateSource[],
  functions: FunctionTable,
  mode: TemplateMode,
): TemplateSet {
  const empty: TemplateSet = { mode, functions: new Map([...builtins, ...functions]), templates: new Map() };
  return sources.reduce(extendTemplates, empty);
}

/** A set with one more source, for an inline text or a further file. A definition of nothing but white space replaces nothing. */
export function extendTemplates(set: TemplateSet, source: TemplateSource): TemplateSet {
  if (source.text.length > MAX_SOURCE_LENGTH) {
    throw new TemplateError(
      `template: ${source.name}:1: text of ${source.text.length} characters exceeds ${MAX_SOURCE_LENGTH}`,
    );
  }
  const templates = new Map(set.templates);
  for (const template of parseSource(source.name, source.text, (name) => set.functions.has(name))) {
    const isKept = template.name !== source.name && isEmptyBody(template.body) && templates.has(template.name);
    if (!isKept) templates.set(template.name, template);
  }
  return { ...set, templates };
}

/** Executes a template of the set on `root`; the whole output, or a TemplateError and no output. */
export function executeTemplate(
  set: TemplateSet,
  name: string,
  root: Value,
  limits: TemplateLimits = TEMPLATE_LIMITS,
): string {
  const templates = set.mode === 'html' ? escapeTemplates(set.templates, name) : set.templates;
  const template = templates.get(name);
  if (template === undefined) throw new TemplateError(`template: no template ${JSON.stringify(name)}`);
  const run: Run = {
    templates,
    functions: set.functions,
    limits,
    out: createText(limits.maxOutputLength),
    template,
    node: { kind: 'dot', at: 0 },
    variables: [{ name: '$', value: root }],
    steps: 0,
    depth: 0,
  };
  executeBody(run, root);
  return run.out.text();
}
