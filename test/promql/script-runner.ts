import { type Labels, labelsOf } from '../../lib/model/labels.ts';
import { createSampleBatchBuilder, type SampleBatch } from '../../lib/model/sample.ts';
import { evaluate } from '../../lib/promql/evaluate.ts';
import { ALL_FEATURES } from '../../lib/promql/features.ts';
import { parseExpr } from '../../lib/promql/parser.ts';
import { printExpr } from '../../lib/promql/print.ts';
import type { EngineOptions, QueryResult, QueryTimes } from '../../lib/promql/value.ts';
import { createSeriesMemory, type SeriesMemory } from '../../lib/series/memory.ts';
import { derivedHistograms } from './derived-histograms.ts';
import {
  assertAnnotations,
  assertFailure,
  assertMatrix,
  assertPointAt,
  assertSorted,
  assertValue,
} from './expectations.ts';
import { canBePinned, pin } from './pin.ts';
import { type Eval, type Load, parseScript } from './script.ts';
import { withStoredHints } from './stored-hints.ts';

/** How one eval of a script went. "not yet": it needs a part of the language that says it is not supported yet. */
export interface CaseResult {
  readonly line: number;
  readonly query: string;
  readonly outcome: 'passed' | 'failed' | 'not yet';
  /** Why it did not pass; "" when it did. */
  readonly reason: string;
}

/** The engine's settings behind the scripts. */
const OPTIONS: EngineOptions = {
  lookbackMs: 300_000,
  defaultSubqueryStepMs: 60_000,
  maxSamples: 10_000,
  delayedNameRemoval: true,
};

/** Runs a script, every eval in all its forms. A script that does not parse throws. */
export function runScript(text: string): readonly CaseResult[] {
  const results: CaseResult[] = [];
  let store = createStore();
  for (const command of parseScript(text)) {
    if (command.kind === 'clear') store = createStore();
    else if (command.kind === 'load') store.load(command);
    else results.push(runEval(store, command));
  }
  return results;
}

/** The data of a script, twice: as it is written, and arrived backwards in small pieces. */
interface Store {
  load(command: Load): void;
  readonly memory: SeriesMemory;
  readonly shuffled: SeriesMemory;
}

function createStore(): Store {
  const memory = createSeriesMemory();
  const shuffled = createSeriesMemory();
  return {
    memory,
    shuffled,
    load(command) {
      const batch = batchOf(command);
      memory.append(batch);
      for (const part of backwards(batch)) shuffled.append(part);
    },
  };
}

function batchOf(command: Load): SampleBatch {
  const builder = createSampleBatchBuilder();
  const derived = command.derivesHistograms ? derivedHistograms(command.series) : [];
  for (const { labels, values } of [...command.series, ...derived]) {
    const series = builder.series(labels);
    const starts = command.startOffsetsMs.get(labels.key) ?? [];
    for (const [i, value] of withStoredHints(values).entries()) {
      const timeMs = i * command.stepMs;
      if (value.kind === 'float') builder.add(series, timeMs, value.value);
      else if (value.kind === 'stale') builder.addStale(series, timeMs);
      else if (value.kind === 'histogram') builder.addHistogram(series, timeMs, value.histogram);
      const offsetMs = starts[i] ?? null;
      if (value.kind !== 'absent' && offsetMs !== null) builder.setStart(timeMs + offsetMs);
    }
  }
  return builder.build();
}

/** The rows of a batch in reverse, in batches of seven. A repeated row keeps its last value. */
function* backwards(batch: SampleBatch): Generator<SampleBatch> {
  const written = new Set<string>();
  let builder = createSampleBatchBuilder();
  for (let row = batch.values.length - 1; row >= 0; row--) {
    const labels: Labels = batch.series[batch.seriesOf[row] ?? 0] ?? labelsOf({});
    const timeMs = batch.timesMs[row] ?? 0;
    const key = `${timeMs} ${labels.key}`;
    if (written.has(key)) continue;
    written.add(key);
    const histogram = batch.histograms.get(row);
    const series = builder.series(labels);
    if (batch.stale[row] === 1) builder.addStale(series, timeMs);
    else if (histogram !== undefined) builder.addHistogram(series, timeMs, histogram);
    else builder.add(series, timeMs, batch.values[row] ?? 0);
    builder.setStart(batch.startTimesMs?.[row] ?? 0);
    if (builder.size < 7) continue;
    yield builder.build();
    builder = createSampleBatchBuilder();
  }
  yield builder.build();
}

function runEval(store: Store, command: Eval): CaseResult {
  const { line, query } = command;
  try {
    for (const form of formsOf(command)) runForm(store, command, form);
    return { line, query, outcome: 'passed', reason: '' };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const isMissing = / not supported yet$/.test(reason);
    return { line, query, outcome: isMissing ? 'not yet' : 'failed', reason };
  }
}

/** One way of asking for the same thing. */
interface Form {
  readonly name: 'as written' | 'shuffled' | 'pinned' | 'as a range';
  readonly query: string;
  readonly times: QueryTimes;
}

function* formsOf(command: Eval): Generator<Form> {
  const { query, atMs, range } = command;
  if (range !== null) {
    const times = { startMs: range.fromMs, endMs: range.toMs, stepMs: range.stepMs };
    yield { name: 'as written', query, times };
    if (!/limitk/.test(query)) yield { name: 'shuffled', query, times };
    return;
  }
  const times = instant(atMs);
  yield { name: 'as written', query, times };
  if (!/limitk/.test(query)) yield { name: 'shuffled', query, times };
  const expr = parseExpr(query, ALL_FEATURES);
  if (canBePinned(expr)) {
    const pinned = printExpr(pin(expr, atMs));
    const others = atMs === 0 ? [-1000, 0, 1000] : [-10 * atMs, 0, Math.floor(atMs / 5), atMs, 10 * atMs];
    for (const otherMs of others) yield { name: 'pinned', query: pinned, times: instant(otherMs) };
  }
  const { expected } = command;
  if (expected.failure !== null || expected.text !== null || expected.rangeVector !== null || expected.ordered) return;
  if (/(start|end|range|step)\(\)/.test(query)) return;
  yield { name: 'as a range', query, times: { startMs: atMs - 60_000, endMs: atMs + 60_000, stepMs: 60_000 } };
}

function instant(timeMs: number): QueryTimes {
  return { startMs: timeMs, endMs: timeMs, stepMs: 0 };
}

function runForm(store: Store, command: Eval, form: Form): void {
  const { expected, range } = command;
  const memory = form.name === 'shuffled' ? store.shuffled : store.memory;
  const run = (): QueryResult =>
    evaluate(parseExpr(form.query, ALL_FEATURES), memory, form.times, { ...OPTIONS, text: form.query });
  try {
    if (expected.failure !== null) {
      assertFailure(expected.failure, run);
      return;
    }
    const result = run();
    if (form.name === 'as a range') {
      assertSorted(result.value);
      assertPointAt(expected, result.value, command.atMs);
      return;
    }
    if (form.name === 'as written') assertAnnotations(expected, result);
    if (range === null) assertValue(expected, result.value);
    else {
      assertSorted(result.value);
      assertMatrix(expected, result.value, range);
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`${form.name}${form.name === 'pinned' ? ` at ${form.times.startMs}` : ''}: ${reason}`, {
      cause: error,
    });
  }
}
