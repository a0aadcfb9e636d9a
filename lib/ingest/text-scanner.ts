import { type LabelPair, METRIC_NAME } from '../model/labels.ts';

/** One sample line, taken apart. Times are not yet read: their unit depends on the format. */
export interface SampleLine {
  /** In the order written, the metric name first; not yet checked. */
  readonly pairs: readonly LabelPair[];
  readonly value: number;
  /** As written; null when the line has none. */
  readonly time: string | null;
  /** Whether an exemplar follows, which is checked for nothing. */
  readonly hasExemplar: boolean;
}

/** Thrown for a line that cannot be read; caught by the reader of lines. `column` counts from 1, in UTF-16 units. */
export class LineError extends Error {
  readonly column: number;
  constructor(message: string, column: number) {
    super(message);
    this.column = column;
  }
}

const METRIC_NAME_AT = /[a-zA-Z_:][a-zA-Z0-9_:]*/y;
const LABEL_NAME_AT = /[a-zA-Z_][a-zA-Z0-9_]*/y;
const WORD_AT = /[^ \t]+/y;
const BLANKS_AT = /[ \t]*/y;
const QUOTED_AT = /"(?:[^"\\]|\\.)*"/y;
const ESCAPE = /\\(.)/g;
const DECIMAL = /^[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/;
const SPECIAL: ReadonlyMap<string, number> = new Map([
  ['nan', Number.NaN],
  ['inf', Number.POSITIVE_INFINITY],
  ['+inf', Number.POSITIVE_INFINITY],
  ['-inf', Number.NEGATIVE_INFINITY],
  ['infinity', Number.POSITIVE_INFINITY],
  ['+infinity', Number.POSITIVE_INFINITY],
  ['-infinity', Number.NEGATIVE_INFINITY],
]);

/** Takes a sample line apart: `name{label="value"} value [time] [# exemplar]`, or `{"quoted name", label="value"} …`. Throws LineError. */
export function scanSampleLine(line: string): SampleLine {
  const scanner = new LineScanner(line);
  const pairs: LabelPair[] = [];
  scanner.blanks();
  const name = scanner.match(METRIC_NAME_AT);
  if (name !== null) pairs.push([METRIC_NAME, name]);
  scanner.blanks();
  if (scanner.take('{')) scanLabels(scanner, pairs);
  else if (name === null) throw scanner.error('metric name expected');
  scanner.blanks();
  const valueAt = scanner.position;
  const word = scanner.match(WORD_AT);
  if (word === null) throw scanner.error('value expected');
  const value = parseValue(word);
  if (value === null) throw new LineError(`bad value ${JSON.stringify(word)}`, valueAt + 1);
  scanner.blanks();
  const time = scanner.atEnd() || scanner.peek() === '#' ? null : scanner.match(WORD_AT);
  scanner.blanks();
  const hasExemplar = scanner.take('#');
  if (!hasExemplar && !scanner.atEnd()) throw scanner.error('end of line expected');
  return { pairs, value, time, hasExemplar };
}

/** A number as Go prints and reads it, without hexadecimal and underscores; null when it is none. */
export function parseValue(word: string): number | null {
  if (DECIMAL.test(word)) return Number(word);
  return SPECIAL.get(word.toLowerCase()) ?? null;
}

function scanLabels(scanner: LineScanner, pairs: LabelPair[]): void {
  for (;;) {
    scanner.blanks();
    if (scanner.take('}')) return;
    const at = scanner.position;
    const quoted = scanner.match(QUOTED_AT);
    const name = quoted === null ? scanner.match(LABEL_NAME_AT) : unquote(quoted);
    if (name === null) throw scanner.error('label name or "}" expected');
    scanner.blanks();
    if (scanner.take('=')) {
      scanner.blanks();
      const value = scanner.match(QUOTED_AT);
      if (value === null) throw scanner.error('label value in double quotes expected');
      pairs.push([name, unquote(value)]);
    } else if (quoted !== null && pairs.every(([known]) => known !== METRIC_NAME)) pairs.push([METRIC_NAME, name]);
    else throw new LineError(`"=" expected after label name ${JSON.stringify(name)}`, at + 1);
    scanner.blanks();
    if (!scanner.take(',') && scanner.peek() !== '}') throw scanner.error('"," or "}" expected');
  }
}

/** Resolves `\\`, `\"` and `\n`; an escape that the formats do not know keeps its backslash, as in Prometheus. */
export function unescapeText(text: string): string {
  if (!text.includes('\\')) return text;
  return text.replace(ESCAPE, (whole, escaped: string) => {
    if (escaped === 'n') return '\n';
    return escaped === '\\' || escaped === '"' ? escaped : whole;
  });
}

function unquote(quoted: string): string {
  return unescapeText(quoted.slice(1, -1));
}

class LineScanner {
  readonly #line: string;
  position = 0;

  constructor(line: string) {
    this.#line = line;
  }

  /** The text that a sticky pattern matches here; null when it does not, or matches nothing. */
  match(pattern: RegExp): string | null {
    pattern.lastIndex = this.position;
    const found = pattern.exec(this.#line)?.[0] ?? '';
    this.position += found.length;
    return found === '' ? null : found;
  }

  blanks(): void {
    this.match(BLANKS_AT);
  }

  take(character: string): boolean {
    if (this.#line[this.position] !== character) return false;
    this.position += 1;
    return true;
  }

  peek(): string {
    return this.#line[this.position] ?? '';
  }

  atEnd(): boolean {
    return this.position >= this.#line.length;
  }

  error(message: string): LineError {
    const found = this.atEnd() ? 'end of line' : JSON.stringify(this.#line.slice(this.position, this.position + 20));
    return new LineError(`${message}, got ${found}`, this.position + 1);
  }
}
