import type { Histogram } from '../model/histogram.ts';
import { InvalidInput } from '../model/issue.ts';
import { type LabelPair, type Labels, labelsFromPairs, METRIC_NAME } from '../model/labels.ts';
import { Cursor } from './cursor.ts';
import { ALL_FEATURES } from './features.ts';
import { addHistograms, parseHistogram } from './histogram-notation.ts';
import { parseNumber } from './number-text.ts';
import { quoteRune, quoteString } from './quote.ts';
import { createProblems, ParseStop, type Problems } from './syntax-error.ts';
import { isMetricName } from './token.ts';

/** One value of a series line. `isHintWritten` tells whether a histogram's literal named its counter reset hint. */
export type SequenceValue =
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'stale' }
  | { readonly kind: 'absent' }
  | { readonly kind: 'histogram'; readonly histogram: Histogram; readonly isHintWritten: boolean };

/** One line of series notation: `errors_total{job="a"} 0+30x10 _ stale`. */
export interface SeriesLine {
  /** With the name under `__name__`. */
  readonly labels: Labels;
  /** One value a step, repetitions written out. */
  readonly values: readonly SequenceValue[];
}

/** Values one line may stand for, repetitions written out. */
const MAX_SEQUENCE_VALUES = 1_000_000;

/** Parses the notation of test scripts and of rule unit tests. Throws InvalidInput with Prometheus' message and position. */
export function parseSeriesLine(text: string): SeriesLine {
  return parseOrThrow(text, (problems) => {
    const cursor = new Cursor(text, ALL_FEATURES, problems);
    const { labels, end } = parseLabelSet(cursor, text);
    return { labels, values: new SequenceParser(text, end, problems).parse() };
  });
}

/** Parses a label set alone: `up{job="a"}`, `{a="b"}`. Throws InvalidInput. */
export function parseMetric(text: string): Labels {
  return parseOrThrow(text, (problems) => {
    const cursor = new Cursor(text, ALL_FEATURES, problems);
    const { labels } = parseLabelSet(cursor, text);
    if (cursor.peek().kind !== 'end') cursor.unexpected();
    return labels;
  });
}

function parseOrThrow<T>(text: string, parse: (problems: Problems) => T): T {
  const problems = createProblems(text);
  try {
    const parsed = parse(problems);
    if (!problems.found) return parsed;
  } catch (error) {
    if (!(error instanceof ParseStop)) throw error;
  }
  throw new InvalidInput(problems.issues());
}

/** `end` is the offset behind the label set; nothing behind it has been read. */
function parseLabelSet(cursor: Cursor, text: string): { labels: Labels; end: number } {
  const pairs: LabelPair[] = [];
  const token = cursor.peek();
  let { end } = token;
  if (isMetricName(token)) {
    cursor.take();
    pairs.push([METRIC_NAME, token.text]);
    if (text.charAt(end) !== '{') return { labels: labelsFromPairs(pairs), end };
  }
  if (!cursor.at('{')) cursor.unexpected();
  cursor.take();
  while (!cursor.at('}')) {
    pairs.push(parsePair(cursor));
    if (!cursor.at('}') && cursor.accept(',') === null) cursor.unexpected(' in label set, expected "," or "}"');
  }
  ({ end } = cursor.take());
  return { labels: labelsFromPairs(pairs), end };
}

function parsePair(cursor: Cursor): LabelPair {
  const { kind } = cursor.peek();
  if (kind !== 'identifier' && kind !== 'string') cursor.unexpected(' in label set, expected identifier or "}"');
  const label = cursor.take();
  if (cursor.accept('=') === null) {
    if (label.kind === 'string') return [METRIC_NAME, label.value];
    cursor.unexpected(' in label set, expected "="');
  }
  if (cursor.peek().kind !== 'string') cursor.unexpected(' in label set, expected string');
  return [label.kind === 'string' ? label.value : label.text, cursor.take().value];
}

const BLANKS = /[ \t\r\n]+/y;
const ABSENT = /_(?:x(\d+))?(?![^ \t\r\n])/y;
const WORD = /[a-zA-Z_:][a-zA-Z0-9_:]*/y;
const NUMBER = /[+-]?(?:(?:\d[\d_]*(?:\.[\d_]*)?|\.\d[\d_]*)(?:[eE][+-]?\d+)?|(?:inf|nan)(?![a-z]))/iy;
const HISTOGRAM = /\{\{(.*?)\}\}/sy;
const TIMES = /x(\d+)/y;
const SIGN = /[+-](?=\{\{)/y;

/** Reads values from `position` to the end of the text. */
class SequenceParser {
  readonly #text: string;
  readonly #problems: Problems;
  readonly #values: SequenceValue[] = [];
  #position: number;
  #start: number;

  constructor(text: string, position: number, problems: Problems) {
    this.#text = text;
    this.#problems = problems;
    this.#position = position;
    this.#start = position;
  }

  parse(): readonly SequenceValue[] {
    for (;;) {
      const gap = this.#match(BLANKS);
      if (this.#position === this.#text.length) return this.#values;
      this.#start = this.#position;
      if (gap === null) this.#fail('unexpected value in series values, expected a blank before it');
      this.#item();
    }
  }

  #item(): void {
    const absent = this.#match(ABSENT);
    if (absent !== null) {
      this.#repeat(absent[1] === undefined ? 1 : Number(absent[1]), () => ({ kind: 'absent' }));
      return;
    }
    if (this.#text.startsWith('{{', this.#position)) {
      this.#histograms();
      return;
    }
    const number = this.#match(NUMBER);
    if (number === null) this.#word();
    else this.#floats(this.#number(number[0]));
  }

  #word(): void {
    const word = this.#match(WORD)?.[0];
    if (word === undefined) {
      const code = this.#text.codePointAt(this.#position) ?? 0;
      this.#fail(`unexpected character in series sequence: ${quoteRune(String.fromCodePoint(code))}`);
    }
    if (word !== 'stale') {
      this.#fail(`unexpected identifier ${quoteString(word)} in series values, expected number or "stale"`);
    }
    this.#repeat(1, () => ({ kind: 'stale' }));
  }

  /** `a`, `axN`, `a+bxN`, `a-bxN`: each value is the one before plus b, so that rounding is Prometheus'. */
  #floats(first: number): void {
    const stepText = '+-'.includes(this.#text.charAt(this.#position) || ' ') ? this.#match(NUMBER)?.[0] : undefined;
    const step = stepText === undefined ? 0 : this.#number(stepText);
    const times = this.#match(TIMES);
    if (times === null && (stepText !== undefined || !this.#atEndOfItem())) this.#badNumber();
    let value = first;
    this.#repeat(Number(times?.[1] ?? 0) + 1, (i) => {
      if (i > 0) value += step;
      return { kind: 'float', value };
    });
  }

  #histograms(): void {
    const first = this.#histogram();
    const sign = this.#match(SIGN)?.[0];
    const step = sign === undefined ? null : this.#histogram();
    const times = this.#match(TIMES);
    if (times === null && step !== null) this.#fail('unexpected histogram in series values, expected x and a number');
    // The hint written last counts for the whole run.
    const hinted = step ?? first;
    let histogram: Histogram = { ...first.histogram, resetHint: hinted.histogram.resetHint };
    this.#repeat(Number(times?.[1] ?? 0) + 1, (i) => {
      if (i > 0 && step !== null) histogram = this.#sum(histogram, step.histogram, sign === '-' ? -1 : 1);
      return { kind: 'histogram', histogram, isHintWritten: hinted.isHintWritten };
    });
  }

  #sum(histogram: Histogram, step: Histogram, sign: 1 | -1): Histogram {
    const sum = addHistograms(histogram, step, sign);
    return 'error' in sum ? this.#fail(sum.error) : sum;
  }

  #histogram(): { histogram: Histogram; isHintWritten: boolean } {
    const literal = this.#match(HISTOGRAM);
    if (literal === null) this.#fail('unexpected end of input in histogram, expected "}}"');
    const parsed = parseHistogram(literal[1] ?? '');
    return 'error' in parsed ? this.#fail(parsed.error) : parsed;
  }

  #number(text: string): number {
    const sign = text.startsWith('-') ? -1 : 1;
    const value = parseNumber(text.replace(/^[+-]/, ''));
    return typeof value === 'number' ? sign * value : this.#fail(`error parsing number: ${value.error}`);
  }

  #badNumber(): never {
    return this.#fail(`bad number syntax: ${quoteString(this.#text.slice(this.#start, this.#position))}`);
  }

  #repeat(count: number, value: (i: number) => SequenceValue): void {
    if (!(this.#values.length + count <= MAX_SEQUENCE_VALUES)) {
      this.#fail(`series line stands for more than ${MAX_SEQUENCE_VALUES} values`);
    }
    for (let i = 0; i < count; i++) this.#values.push(value(i));
  }

  #atEndOfItem(): boolean {
    const next = this.#text.charAt(this.#position);
    return next === '' || ' \t\r\n'.includes(next);
  }

  #match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#position;
    const match = pattern.exec(this.#text);
    if (match !== null) this.#position += match[0].length;
    return match;
  }

  #fail(message: string): never {
    return this.#problems.stop({ start: this.#start, end: this.#text.length }, message);
  }
}
