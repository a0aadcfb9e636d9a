import { type BucketSpan, CUSTOM_BUCKETS_SCHEMA, type Histogram, type ResetHint } from '../model/histogram.ts';
import { eachBucket } from './histogram-buckets.ts';
import { parseNumber } from './number-text.ts';
import { quoteString } from './quote.ts';

/** A histogram literal read. `isHintWritten` is false when the hint is only the default. */
export interface HistogramLiteral {
  readonly histogram: Histogram;
  readonly isHintWritten: boolean;
}

interface Failure {
  readonly error: string;
}

const HINTS: ReadonlyMap<string, ResetHint> = new Map([
  ['unknown', 'unknown'],
  ['reset', 'reset'],
  ['not_reset', 'not-reset'],
  ['gauge', 'gauge'],
]);

const NUMBER_KEYS = new Set(['schema', 'sum', 'count', 'z_bucket', 'z_bucket_w', 'offset', 'n_offset']);
const LIST_KEYS = new Set(['buckets', 'n_buckets', 'custom_values']);
const HINT_KEY = 'counter_reset_hint';

/** The fields between `{{` and `}}`: `schema:1 sum:3.5 count:4 buckets:[1 2 1] offset:-1`, any order, each once. */
export function parseHistogram(text: string): HistogramLiteral | Failure {
  const fields = readFields(text);
  if ('error' in fields) return fields;
  const { numbers, lists, hint } = fields;
  const number = (key: string): number => numbers.get(key) ?? 0;
  const positiveBuckets = lists.get('buckets') ?? [];
  const negativeBuckets = lists.get('n_buckets') ?? [];
  const histogram: Histogram = {
    schema: number('schema'),
    zeroThreshold: number('z_bucket_w'),
    zeroCount: number('z_bucket'),
    count: number('count'),
    sum: number('sum'),
    positiveSpans: oneSpan(number('offset'), positiveBuckets.length),
    positiveBuckets,
    negativeSpans: oneSpan(number('n_offset'), negativeBuckets.length),
    negativeBuckets,
    customBounds: lists.get('custom_values') ?? [],
    resetHint: hint ?? 'unknown',
  };
  return { histogram, isHintWritten: hint !== null };
}

interface Fields {
  readonly numbers: ReadonlyMap<string, number>;
  readonly lists: ReadonlyMap<string, readonly number[]>;
  readonly hint: ResetHint | null;
}

function readFields(text: string): Fields | Failure {
  const numbers = new Map<string, number>();
  const lists = new Map<string, readonly number[]>();
  let hint: ResetHint | null = null;
  const field = /\s*([^\s:]+):(\[[^\]]*\]|[^\s[\]]+)(?=\s|$)/y;
  const end = text.trimEnd().length;
  while (field.lastIndex < end) {
    const at = field.lastIndex;
    const [, key = '', value = ''] = field.exec(text) ?? [];
    if (key === '') return { error: `bad histogram descriptor found: ${quoteString(text.slice(at).trim())}` };
    if (numbers.has(key) || lists.has(key) || (key === HINT_KEY && hint !== null)) {
      return { error: `duplicate key ${quoteString(key)} in histogram` };
    }
    const read = readField(key, value);
    if (typeof read === 'object' && 'error' in read) return read;
    if (typeof read === 'number') numbers.set(key, read);
    else if (typeof read === 'string') hint = read;
    else lists.set(key, read);
  }
  return { numbers, lists, hint };
}

function readField(key: string, text: string): number | readonly number[] | ResetHint | Failure {
  if (key === HINT_KEY) return HINTS.get(text) ?? { error: `bad counter reset hint: ${quoteString(text)}` };
  if (NUMBER_KEYS.has(key)) return readNumber(text);
  if (!LIST_KEYS.has(key)) return { error: `bad histogram descriptor found: ${quoteString(key)}` };
  if (!text.startsWith('[')) return { error: `bad number list: ${quoteString(text)}` };
  const list: number[] = [];
  for (const item of text.slice(1, -1).split(/\s+/)) {
    if (item === '') continue;
    const value = readNumber(item);
    if (typeof value !== 'number') return value;
    list.push(value);
  }
  return list;
}

function readNumber(text: string): number | Failure {
  const value = parseNumber(text.replace(/^[+-]/, ''));
  if (typeof value !== 'number') return { error: `bad number syntax: ${quoteString(text)}` };
  return text.startsWith('-') ? -value : value;
}

function oneSpan(offset: number, length: number): readonly BucketSpan[] {
  return length === 0 ? [] : [{ offset, length }];
}

/**
 * `base` plus or minus `step`, as a run of literals (`{{…}}+{{…}}x3`) means it: the step takes on the base's resolution,
 * which must not be finer. Zero buckets are added under the wider threshold; custom bounds must be the same.
 * Evaluation has its own, complete arithmetic.
 */
export function addHistograms(base: Histogram, step: Histogram, sign: 1 | -1): Histogram | Failure {
  if (base.schema > step.schema) {
    return { error: `error combining histograms: cannot merge from schema ${step.schema} to ${base.schema}` };
  }
  const isCustom = base.schema === CUSTOM_BUCKETS_SCHEMA;
  if (isCustom !== (step.schema === CUSTOM_BUCKETS_SCHEMA) || !sameBounds(base, step)) {
    return { error: 'error combining histograms: custom bounds differ' };
  }
  const shift = isCustom ? 0 : step.schema - base.schema;
  const sides = { sign, shift };
  const positive = addBuckets(
    base.positiveSpans,
    base.positiveBuckets,
    [step.positiveSpans, step.positiveBuckets],
    sides,
  );
  const negative = addBuckets(
    base.negativeSpans,
    base.negativeBuckets,
    [step.negativeSpans, step.negativeBuckets],
    sides,
  );
  return {
    ...base,
    zeroThreshold: Math.max(base.zeroThreshold, step.zeroThreshold),
    zeroCount: base.zeroCount + sign * step.zeroCount,
    count: base.count + sign * step.count,
    sum: base.sum + sign * step.sum,
    positiveSpans: positive.spans,
    positiveBuckets: positive.buckets,
    negativeSpans: negative.spans,
    negativeBuckets: negative.buckets,
  };
}

function sameBounds(a: Histogram, b: Histogram): boolean {
  return (
    a.customBounds.length === b.customBounds.length && a.customBounds.every((bound, i) => bound === b.customBounds[i])
  );
}

type Buckets = readonly [spans: readonly BucketSpan[], buckets: readonly number[]];

/** One span from the first to the last bucket of either side; `shift` is how many times the step's resolution is halved. */
function addBuckets(
  spans: readonly BucketSpan[],
  buckets: readonly number[],
  step: Buckets,
  { sign, shift }: { sign: number; shift: number },
): { spans: readonly BucketSpan[]; buckets: readonly number[] } {
  const counts = new Map<number, number>();
  const add = (index: number, count: number): void => {
    counts.set(index, (counts.get(index) ?? 0) + count);
  };
  eachBucket(spans, buckets, add);
  eachBucket(step[0], step[1], (index, count) => add(((index - 1) >> shift) + 1, sign * count));
  if (counts.size === 0) return { spans: [], buckets: [] };
  const first = Math.min(...counts.keys());
  const length = Math.max(...counts.keys()) - first + 1;
  const summed = Array.from({ length }, (_, i) => counts.get(first + i) ?? 0);
  return { spans: [{ offset: first, length }], buckets: summed };
}
