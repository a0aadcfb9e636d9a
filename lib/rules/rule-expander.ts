import type { Histogram } from '../model/histogram.ts';
import { InvalidInput } from '../model/issue.ts';
import type { Labels } from '../model/labels.ts';
import type { Expr } from '../promql/ast.ts';
import type { LanguageFeatures } from '../promql/features.ts';
import { formatGeneral } from '../promql/go-format.ts';
import { parseExpr } from '../promql/parser.ts';
import { QueryError, type QueryValue, type VectorElement } from '../promql/value.ts';
import type { QueryAnswer } from '../templates/rule-functions.ts';
import { expandRuleTemplate } from '../templates/rule-template.ts';
import type { AlertingRule } from './rule-group.ts';
import { resultElements } from './rule-result.ts';

/** What templates of one evaluation see. */
export interface TemplateScope {
  readonly evalAtMs: number;
  readonly features: LanguageFeatures;
  readonly externalLabels: Labels;
  /** No trailing slash. */
  readonly externalUrl: string;
  /** The value of an expression over what is loaded; throws QueryError. */
  readonly query: (expr: Expr, atMs: number) => QueryValue;
  /** How often more samples may be asked for. After that `query` fails its template. */
  readonly maxRounds: number;
}

/**
 * Expands the templates of one evaluation. `query` in a template is answered from loaded samples; what is not loaded is noted, and the evaluation is
 * run again when it is: load what `wanted` says, call `nextRound`.
 */
export interface RuleExpander {
  /** The text, or what stands in for it when the template fails. Of no use while samples are lacking. */
  expand(rule: AlertingRule, text: string, element: VectorElement): string;
  lacksSamples(): boolean;
  /** Expressions of all templates so far, to be loaded at the evaluation time, by their text. */
  wanted(): ReadonlyMap<string, Expr>;
  nextRound(): void;
  /** Later answers may differ from earlier ones: samples were published. */
  forgetAnswers(): void;
}

/** `expected` are texts that templates of this group asked for before; those are loaded with the first round. */
export function createRuleExpander(scope: TemplateScope, expected: Iterable<string>): RuleExpander {
  const wanted = new Map<string, Expr>();
  const answers = new Map<string, QueryAnswer>();
  let missing = new Map<string, Expr>();
  let rounds = 0;
  for (const text of expected) {
    const parsed = parse(text, scope.features);
    if (!('message' in parsed)) wanted.set(text, parsed);
  }

  const answer = (text: string): QueryAnswer => {
    const expr = wanted.get(text);
    if (expr !== undefined) return answerOf(expr, scope);
    const parsed = parse(text, scope.features);
    if ('message' in parsed) return { kind: 'error', message: parsed.message };
    if (rounds > scope.maxRounds) return { kind: 'error', message: `more than ${scope.maxRounds} rounds of queries` };
    missing.set(text, parsed);
    return { kind: 'unknown' };
  };

  return {
    expand(rule, text, element) {
      const expansion = expandRuleTemplate({
        ...scope,
        ruleName: rule.name,
        text,
        labels: element.labels,
        value: element.histogram === null ? element.value : { histogramText: printHistogram(element.histogram) },
        query: (expression) => {
          const known = answers.get(expression) ?? answer(expression);
          answers.set(expression, known);
          return known;
        },
      });
      return expansion.kind === 'needs-query' ? '' : expansion.text;
    },
    lacksSamples: () => missing.size > 0,
    wanted: () => new Map([...wanted, ...missing]),
    nextRound() {
      for (const [text, expr] of missing) wanted.set(text, expr);
      missing = new Map();
      answers.clear();
      rounds++;
    },
    forgetAnswers: () => answers.clear(),
  };
}

function parse(text: string, features: LanguageFeatures): Expr | { readonly message: string } {
  try {
    return parseExpr(text, features);
  } catch (error) {
    if (error instanceof InvalidInput) return { message: error.issues[0]?.message ?? error.message };
    throw error;
  }
}

function answerOf(expr: Expr, { query, evalAtMs }: TemplateScope): QueryAnswer {
  try {
    const elements = resultElements(query(expr, evalAtMs));
    if ('kind' in elements) return { kind: 'error', message: elements.message };
    return { kind: 'samples', samples: elements.map(({ labels, value }) => ({ labels, value })) };
  } catch (error) {
    if (error instanceof QueryError) return { kind: 'error', message: error.message };
    throw error;
  }
}

/** How Prometheus begins the text of a histogram. Its buckets are left out: they are no reading matter in a message. */
function printHistogram({ count, sum }: Histogram): string {
  return `{count:${formatGeneral(count)}, sum:${formatGeneral(sum)}}`;
}
