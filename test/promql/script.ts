import { parseDuration } from '../../lib/model/duration.ts';
import { ALL_FEATURES } from '../../lib/promql/features.ts';
import { parseNumber } from '../../lib/promql/number-text.ts';
import { parseExpr } from '../../lib/promql/parser.ts';
import { parseSeriesLine, type SeriesLine } from '../../lib/promql/series-notation.ts';
import { parseStartLine, type StartLine } from './start-line.ts';

/** The commands of a promqltest script, in order. Lines are counted from 1. */
export type Command = Clear | Load | Eval;

export interface Clear {
  readonly kind: 'clear';
  readonly line: number;
}

export interface Load {
  readonly kind: 'load';
  readonly line: number;
  readonly stepMs: number;
  readonly series: readonly SeriesLine[];
  /** `load_with_nhcb`: native histograms with custom buckets are to be derived too. */
  readonly derivesHistograms: boolean;
  /** Start timestamps of series by key, in milliseconds from each value's own time; null where nothing is said. */
  readonly startOffsetsMs: StartOffsets;
}

export type StartOffsets = ReadonlyMap<string, readonly (number | null)[]>;

export interface Times {
  readonly fromMs: number;
  readonly toMs: number;
  readonly stepMs: number;
}

/** What annotations of one kind must look like; null when they are not looked at. */
export type Annotated =
  | { readonly kind: 'none' }
  | { readonly kind: 'some'; readonly texts: readonly (string | RegExp)[] }
  | null;

export interface Expectation {
  /** Null when the query must succeed. */
  readonly failure: { readonly text: string | RegExp | null } | null;
  readonly warnings: Annotated;
  readonly infos: Annotated;
  readonly ordered: boolean;
  readonly scalar: number | null;
  readonly text: string | null;
  readonly series: readonly SeriesLine[];
  /** Times of the points when an instant query yields a range vector. */
  readonly rangeVector: Times | null;
}

export interface Eval {
  readonly kind: 'eval';
  readonly line: number;
  readonly query: string;
  /** Null for an instant query. */
  readonly range: Times | null;
  /** Of an instant query. */
  readonly atMs: number;
  readonly expected: Expectation;
}

/** Parses a script in the promqltest format. Throws an Error naming the line. */
export function parseScript(text: string): readonly Command[] {
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .map((line) => (line.startsWith('#') ? '' : line));
  const commands: Command[] = [];
  for (let at = 0; at < lines.length; at++) {
    const head = lines[at] ?? '';
    if (head === '') continue;
    const end = lines.indexOf('', at) === -1 ? lines.length : lines.indexOf('', at);
    const word = (head.split(/\s/)[0] ?? '').toLowerCase();
    const block: Block = { head, line: at + 1, body: lines.slice(at + 1, end) };
    if (word === 'clear') commands.push({ kind: 'clear', line: at + 1 });
    else if (word.startsWith('load')) commands.push(parseLoad(block));
    else if (word.startsWith('eval')) commands.push(parseEval(block));
    else throw new Error(`line ${at + 1}: invalid command ${JSON.stringify(head)}`);
    if (word !== 'clear') at = end;
  }
  return commands;
}

interface Block {
  readonly head: string;
  readonly line: number;
  readonly body: readonly string[];
}

function parseLoad({ head, line, body }: Block): Load {
  const [word = '', step = ''] = head.split(/\s+/);
  return {
    kind: 'load',
    line,
    stepMs: lengthMs(step),
    ...parseLoadedSeries(body, line + 1),
    derivesHistograms: word.toLowerCase() === 'load_with_nhcb',
  };
}

/** Series lines, each perhaps after a line with its start timestamps. */
function parseLoadedSeries(body: readonly string[], firstLine: number): Pick<Load, 'series' | 'startOffsetsMs'> {
  const series: SeriesLine[] = [];
  const startOffsetsMs = new Map<string, readonly (number | null)[]>();
  let start: StartLine | null = null;
  for (const [i, text] of body.entries()) {
    const next = parseStartLine(text);
    if (next === null) {
      const own = parseSeriesAt(text, firstLine + i);
      if (start !== null) startOffsetsMs.set(own.labels.key, offsetsFor(own, start, firstLine + i));
      series.push(own);
    } else if (start !== null) throw new Error(`line ${firstLine + i}: @st line has no following sample line`);
    start = next;
  }
  if (start !== null) throw new Error(`line ${firstLine + body.length - 1}: @st line has no following sample line`);
  return { series, startOffsetsMs };
}

function offsetsFor({ labels, values }: SeriesLine, start: StartLine, line: number): StartLine['offsetsMs'] {
  if (labels.key !== start.labels.key) {
    throw new Error(`line ${line}: @st metric does not match the following sample line metric`);
  }
  if (values.length !== start.offsetsMs.length) {
    const counts = `@st line has ${start.offsetsMs.length} values but sample line has ${values.length}`;
    throw new Error(`line ${line}: ${counts}`);
  }
  return start.offsetsMs;
}

function parseSeriesAt(text: string, line: number): SeriesLine {
  try {
    return parseSeriesLine(text);
  } catch (error) {
    throw new Error(`line ${line}: ${text}`, { cause: error });
  }
}

function lengthMs(text: string): number {
  const negative = text.startsWith('-');
  const parsed = parseDuration(negative ? text.slice(1) : text);
  if (typeof parsed !== 'number') throw new Error(parsed.error);
  return negative ? -parsed : parsed;
}

const INSTANT = /^eval(?:_(fail|warn|ordered|info))?\s+instant\s+at\s+(\S+)\s+(.+)$/i;
const RANGE = /^eval(?:_(fail|warn|info))?\s+range\s+from\s+(\S+)\s+to\s+(\S+)\s+step\s+(\S+)\s+(.+)$/i;

function parseEval({ head, line, body }: Block): Eval {
  const [, rangeMode, from = '', to = '', step = '', rangeQuery] = RANGE.exec(head) ?? [];
  if (rangeQuery !== undefined) {
    const range = { fromMs: lengthMs(from), toMs: lengthMs(to), stepMs: lengthMs(step) };
    return { kind: 'eval', line, query: rangeQuery, range, atMs: 0, expected: parseExpectation(rangeMode, body, line) };
  }
  const [, mode, at = '', query] = INSTANT.exec(head) ?? [];
  if (query === undefined) throw new Error(`line ${line}: invalid eval command ${JSON.stringify(head)}`);
  return { kind: 'eval', line, query, range: null, atMs: lengthMs(at), expected: parseExpectation(mode, body, line) };
}

interface Directives {
  failure: Expectation['failure'];
  warnings: Annotated;
  infos: Annotated;
  ordered: boolean;
  text: string | null;
  rangeVector: Times | null;
}

function parseExpectation(mode: string | undefined, body: readonly string[], line: number): Expectation {
  const some: Annotated = { kind: 'some', texts: [] };
  const directives: Directives = {
    failure: mode === 'fail' ? { text: null } : null,
    warnings: mode === 'warn' ? some : null,
    infos: mode === 'info' ? some : null,
    ordered: mode === 'ordered',
    text: null,
    rangeVector: null,
  };
  const series: SeriesLine[] = [];
  for (const [i, text] of body.entries()) {
    if (readDirective(text, directives)) continue;
    const scalar = parseSigned(text);
    if (typeof scalar === 'number') return { ...directives, scalar, series: [] };
    series.push(parseSeriesAt(text, line + 1 + i));
  }
  return { ...directives, scalar: null, series };
}

function parseSigned(text: string): number | { readonly error: string } {
  const unsigned = parseNumber(text.replace(/^[+-]/, ''));
  return typeof unsigned === 'number' && text.startsWith('-') ? -unsigned : unsigned;
}

/** Reads one line if it is a directive. */
function readDirective(text: string, into: Directives): boolean {
  const [, word = '', rest = ''] = /^(expect|expected_fail_message|expected_fail_regexp)\s+(.*)$/.exec(text) ?? [];
  if (word === '') return false;
  if (word === 'expected_fail_message') into.failure = { text: rest };
  else if (word === 'expected_fail_regexp') into.failure = { text: new RegExp(rest) };
  else readExpect(rest.trim(), into);
  return true;
}

function readExpect(rest: string, into: Directives): void {
  const [, word = '', condition = ''] =
    /^(fail|warn|info|no_warn|no_info|ordered|string|range vector)\s*(.*)$/.exec(rest) ?? [];
  const [from = '', to = '', step = ''] = /^from\s+(\S+)\s+to\s+(\S+)\s+step\s+(\S+)$/.exec(condition)?.slice(1) ?? [];
  if (word === 'fail') into.failure = { text: readCondition(condition) };
  else if (word === 'warn') into.warnings = added(into.warnings, condition);
  else if (word === 'info') into.infos = added(into.infos, condition);
  else if (word === 'no_warn') into.warnings = { kind: 'none' };
  else if (word === 'no_info') into.infos = { kind: 'none' };
  else if (word === 'ordered') into.ordered = true;
  else if (word === 'string') into.text = readString(condition);
  else if (word === 'range vector') {
    into.rangeVector = { fromMs: lengthMs(from), toMs: lengthMs(to), stepMs: lengthMs(step) };
  } else throw new Error(`invalid expect statement ${JSON.stringify(rest)}`);
}

function readCondition(condition: string): string | RegExp | null {
  if (condition === '') return null;
  const [, kind, text = ''] = /^(msg|regex):(.*)$/.exec(condition) ?? [];
  if (kind === undefined) throw new Error(`invalid condition ${JSON.stringify(condition)}`);
  return kind === 'msg' ? text.trim() : new RegExp(text.trim());
}

function added(known: Annotated, condition: string): Annotated {
  const text = readCondition(condition);
  const texts = known?.kind === 'some' ? known.texts : [];
  return { kind: 'some', texts: text === null ? texts : [...texts, text] };
}

function readString(text: string): string {
  const literal = parseExpr(text, ALL_FEATURES);
  if (literal.kind !== 'string') throw new Error(`not a string: ${text}`);
  return literal.value;
}
