import { parseDuration } from '../model/duration.ts';
import { compareText, type Labels } from '../model/labels.ts';
import { escapeQuery } from './escape-text.ts';
import { type FunctionTable, fixed, sliceAt, type TemplateFunction, textAt, valueAt, variadic } from './functions.ts';
import { formatFloat } from './go-float.ts';
import { formatValue } from './go-format.ts';
import { stripDomain, stripPort } from './host-text.ts';
import { humanize, humanize1024, humanizeDuration, humanizePercentage, instantOfSeconds, toNumber } from './numbers.ts';
import { regexFunctions } from './regex-functions.ts';
import { CallError, NeedsQuery } from './template-error.ts';
import { lowerText, titleWords, upperText } from './title-case.ts';
import {
  durationValue,
  floatValue,
  listValue,
  mapValue,
  type StructValue,
  stringMapValue,
  structValue,
  timeValue,
  type Value,
} from './value.ts';

/** One element of what a query gives a template. */
export interface TemplateSample {
  readonly labels: Labels;
  readonly value: number;
}

/** What is known about a query: its samples in the order of the result, its error, or nothing yet. */
export type QueryAnswer =
  | { readonly kind: 'samples'; readonly samples: readonly TemplateSample[] }
  | { readonly kind: 'error'; readonly message: string }
  | { readonly kind: 'unknown' };

/** What the functions of rule templates ask of their surroundings. */
export interface RuleScope {
  /** Answers from what was loaded, at the evaluation time. */
  readonly query: (expression: string) => QueryAnswer;
  /** As configured; "" when there is none. */
  readonly externalUrl: string;
  /** Evaluation time. */
  readonly evalAtMs: number;
}

const RESULT_TYPE = 'template.queryResult';
const SAMPLE_TYPE = '*template.sample';

/** The functions of the templates in alerting rules. `query` throws NeedsQuery where the answer is not known yet. */
export function ruleFunctions(scope: RuleScope): FunctionTable {
  return new Map([
    ...sampleFunctions,
    ...numberFunctions,
    ...textFunctions,
    ...regexFunctions,
    ['query', fixed(['string'], (args) => answerQuery(scope, textAt(args, 0)))],
    ['externalURL', fixed([], () => scope.externalUrl)],
    ['pathPrefix', fixed([], () => /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*([^?#]*)/i.exec(scope.externalUrl)?.[1] ?? '')],
    ['now', fixed([], () => floatValue(scope.evalAtMs / 1000))],
  ]);
}

function answerQuery(scope: RuleScope, expression: string): Value {
  const answer = scope.query(expression);
  if (answer.kind === 'unknown') throw new NeedsQuery(expression);
  if (answer.kind === 'error') throw new CallError(answer.message);
  return listValue(answer.samples.map(sampleStruct), RESULT_TYPE);
}

function sampleStruct({ labels, value }: TemplateSample): StructValue {
  return structValue(SAMPLE_TYPE, { Labels: stringMapValue(labels.pairs), Value: floatValue(value) });
}

const sampleFunctions: FunctionTable = new Map([
  ['first', fixed([RESULT_TYPE], firstSample)],
  ['label', fixed(['string', SAMPLE_TYPE], (args) => labelOf(valueAt(args, 1), textAt(args, 0)))],
  ['value', fixed([SAMPLE_TYPE], (args) => fieldOf(valueAt(args, 0), 'Value'))],
  ['strvalue', fixed([SAMPLE_TYPE], (args) => labelOf(valueAt(args, 0), '__value__'))],
  ['sortByLabel', fixed(['string', RESULT_TYPE], sortByLabel)],
  ['args', variadic([], 'any', (args) => mapValue(new Map(args.map((arg, i) => [`arg${i}`, arg]))))],
]);

function firstSample(args: readonly Value[]): Value {
  const [first] = sliceAt(args, 0).items;
  if (first === undefined) throw new CallError('first() called on vector with no elements');
  return first;
}

function fieldOf(sample: Value, name: string): Value {
  return typeof sample === 'object' && sample?.kind === 'struct' ? (sample.fields.get(name) ?? null) : null;
}

function labelOf(sample: Value, name: string): string {
  const labels = fieldOf(sample, 'Labels');
  const text = typeof labels === 'object' && labels?.kind === 'map' ? labels.entries.get(name) : '';
  return typeof text === 'string' ? text : '';
}

function sortByLabel(args: readonly Value[]): Value {
  const name = textAt(args, 0);
  const result = sliceAt(args, 1);
  return { ...result, items: result.items.toSorted((a, b) => compareText(labelOf(a, name), labelOf(b, name))) };
}

const numberFunctions: FunctionTable = new Map([
  ['humanize', onNumber(humanize)],
  ['humanize1024', onNumber(humanize1024)],
  ['humanizeDuration', onNumber(humanizeDuration)],
  ['humanizePercentage', onNumber(humanizePercentage)],
  ['humanizeTimestamp', onNumber(humanizeTimestamp)],
  ['toTime', onNumber((unixS) => ({ ...timeValue(instantOfSeconds(unixS)), type: '*time.Time' }))],
  ['toDuration', onNumber((lengthS) => durationValue(BigInt(Math.trunc(finite(lengthS) * 1e9))))],
  ['parseDuration', fixed(['string'], (args) => floatValue(secondsOf(textAt(args, 0))))],
]);

function onNumber(apply: (value: number) => Value): TemplateFunction {
  return fixed(['any'], (args) => apply(toNumber(valueAt(args, 0))));
}

function humanizeTimestamp(unixS: number): string {
  if (!Number.isFinite(unixS)) return formatFloat(unixS, 'g', 4);
  return formatValue(timeValue(instantOfSeconds(unixS)));
}

function finite(lengthS: number): number {
  if (Math.abs(lengthS) < 2 ** 63 / 1e9) return lengthS;
  throw new CallError(
    `${formatFloat(lengthS, 'g', null)} cannot be represented as a nanoseconds duration since it overflows int64`,
  );
}

function secondsOf(text: string): number {
  const lengthMs = parseDuration(text);
  if (typeof lengthMs === 'number') return lengthMs / 1000;
  throw new CallError(lengthMs.error);
}

const textFunctions: FunctionTable = new Map([
  ['title', onText((text) => titleWords(text, 'keep'))],
  ['toUpper', onText(upperText)],
  ['toLower', onText(lowerText)],
  ['stripPort', onText(stripPort)],
  ['stripDomain', onText(stripDomain)],
  ['urlQueryEscape', onText(escapeQuery)],
  ['graphLink', onText((expression) => `/graph?g0.expr=${escapeQuery(expression)}&g0.tab=0`)],
  ['tableLink', onText((expression) => `/graph?g0.expr=${escapeQuery(expression)}&g0.tab=1`)],
  ['safeHtml', onText((text) => ({ kind: 'text', type: 'template.HTML', text }))],
]);

function onText(apply: (text: string) => Value): TemplateFunction {
  return fixed(['string'], (args) => apply(textAt(args, 0)));
}
