import { compareText, type Labels, labelValue, METRIC_NAME } from '../model/labels.ts';
import type { Matcher } from '../model/matcher.ts';
import { createRecentlyUsed, type RecentlyUsed } from '../model/recently-used.ts';
import type { SampleBatch } from '../model/sample.ts';
import { HISTOGRAM, STALE } from './cells.ts';
import type { Cell } from './grid.ts';
import { createMetricTable, type RowStart, type WritableTable } from './metric-table.ts';
import { type Interval, selectFromTable, seriesWithin, type TableSelection } from './select.ts';
import { createStartTimes, type StartTimes } from './start-times.ts';

// Series in memory. One table per metric name (metric-table.ts) with its labels as dictionary columns (dictionary.ts);
// series that are scraped together share a grid of timestamps (grid.ts), in which samples stand instant by instant, so that
// a window of many series is found once and read in one run, and is computed where timestamps are evenly apart (even-rows.ts).
// Samples that come late wait and are sorted in before the next read (regroup.ts). Counters that fell are listed sparsely
// (resets.ts). Matchers run on dictionaries (select.ts).
// Neighbours: model gives label sets and batches; promql reads selections; the sample store and rules append.

/** Samples of many series, ready to be evaluated. Appending and reading may alternate freely. */
export interface SeriesMemory {
  /** In any order of time; of several samples of one series at one time the last counts. */
  append(batch: SampleBatch): void;
  /** Forgets samples before `timeMs`, and series that have none left. */
  dropBefore(timeMs: number): void;
  readonly seriesCount: number;
  /** Staleness markers included. */
  readonly sampleCount: number;
  readonly startTimes: StartTimes;
  /** Sorted. Series without a metric name count as "". */
  metricNames(): readonly string[];
  /** What all matchers accept, metric by metric. Valid until the next `append` or `dropBefore`. */
  select(matchers: readonly Matcher[]): readonly TableSelection[];
  /** Label sets with a sample in the interval, in no particular order. */
  series(matchers: readonly Matcher[], interval: Interval): readonly Labels[];
  /** Names of labels of such series, sorted. */
  labelNames(matchers: readonly Matcher[], interval: Interval): readonly string[];
  /** Values of one label of such series, sorted. */
  labelValues(name: string, matchers: readonly Matcher[], interval: Interval): readonly string[];
}

/** Of the selections from one metric, in units of four bytes. Rules ask for the same few again and again. */
const MAX_REMEMBERED_UNITS = 5_000_000;
/** Of a selection, or a part of one, beside its numbers. */
const SELECTION_UNITS = 50;

/** Longer questions are made again: a regular expression may have a megabyte. */
const MAX_KEPT_KEY_LENGTH = 10_000;

interface RememberedSelections {
  readonly version: number;
  readonly byMatchers: RecentlyUsed<TableSelection>;
}

/** What a memory holds beside samples. */
export interface MemoryOptions {
  /** Whether it keeps start timestamps; without them rates are as if nobody had sent any. By default it does. */
  readonly startTimes?: boolean;
}

/** An empty memory. */
export function createSeriesMemory({ startTimes: keepsStarts = true }: MemoryOptions = {}): SeriesMemory {
  const tables = new Map<string, WritableTable>();
  const startTimes = createStartTimes();
  const select = createSelecting(tables);
  const series = (matchers: readonly Matcher[], interval: Interval): Labels[] =>
    select(matchers).flatMap((selection) => seriesWithin(selection, interval));
  return {
    append(batch) {
      append(tables, batch);
      if (keepsStarts) startTimes.append(batch);
    },
    dropBefore(timeMs) {
      for (const table of tables.values()) {
        table.dropBefore(timeMs);
        if (table.rowCount === 0) tables.delete(table.name);
      }
      startTimes.dropBefore(timeMs);
    },
    get seriesCount() {
      return sumOver(tables, (table) => table.rowCount);
    },
    get sampleCount() {
      return sumOver(tables, (table) => {
        table.settle();
        return table.sampleCount;
      });
    },
    startTimes,
    metricNames: () => [...tables.keys()].sort(compareText),
    select,
    series,
    labelNames: (matchers, interval) =>
      sortedDistinct(series(matchers, interval).flatMap((labels) => labels.pairs.map(([name]) => name))),
    labelValues: (name, matchers, interval) =>
      sortedDistinct(
        series(matchers, interval)
          .map((labels) => labelValue(labels, name))
          .filter((value) => value !== ''),
      ),
  };
}

/** Selection that is remembered until the table gets, loses or regroups series. */
function createSelecting(tables: ReadonlyMap<string, WritableTable>): SeriesMemory['select'] {
  const remembered = new WeakMap<WritableTable, RememberedSelections>();
  const rememberedOf = (table: WritableTable): RecentlyUsed<TableSelection> => {
    const known = remembered.get(table);
    if (known?.version === table.version) return known.byMatchers;
    const byMatchers = createRecentlyUsed<TableSelection>(MAX_REMEMBERED_UNITS);
    remembered.set(table, { version: table.version, byMatchers });
    return byMatchers;
  };
  const fromTable = (table: WritableTable, matchers: readonly Matcher[], key: string): TableSelection => {
    table.settle();
    const known = rememberedOf(table);
    const found = known.get(key);
    if (found !== undefined) return found;
    const selection = selectFromTable(table, matchers);
    known.keep(key, selection, key.length + SELECTION_UNITS + unitsOf(selection));
    return selection;
  };
  // Expressions are kept from query to query, and their matchers with them.
  const questions = new WeakMap<readonly Matcher[], Question>();
  const questionOf = (matchers: readonly Matcher[]): Question => {
    const known = questions.get(matchers);
    if (known !== undefined) return known;
    const question = createQuestion(matchers);
    if (question.key.length <= MAX_KEPT_KEY_LENGTH) questions.set(matchers, question);
    return question;
  };
  return (matchers) => {
    const question = questionOf(matchers);
    return tablesFor(tables, question)
      .map((table) => fromTable(table, matchers, question.key))
      .filter((selection) => selection.grids.length > 0);
  };
}

/** What matchers ask for. */
interface Question {
  readonly key: string;
  /** The metric that they name, if they do. */
  readonly metricName: string | null;
  /** What else they say of its name. */
  readonly onNames: readonly Matcher[];
}

function createQuestion(matchers: readonly Matcher[]): Question {
  const names = matchers.filter((matcher) => matcher.name === METRIC_NAME);
  const exact = names.find((matcher) => matcher.operator === '=');
  return {
    key: JSON.stringify(matchers.map((m) => [m.name, m.operator, m.value])),
    metricName: exact?.value ?? null,
    onNames: names.filter((matcher) => matcher !== exact),
  };
}

function tablesFor(tables: ReadonlyMap<string, WritableTable>, { metricName, onNames }: Question): WritableTable[] {
  if (metricName === null) return [...tables.values()].filter((table) => acceptName(onNames, table));
  const table = tables.get(metricName);
  return table !== undefined && acceptName(onNames, table) ? [table] : [];
}

function acceptName(onNames: readonly Matcher[], table: WritableTable): boolean {
  return onNames.every((matcher) => matcher.matches(table.name));
}

/** Two numbers a series. */
function unitsOf({ grids }: TableSelection): number {
  return grids.reduce((sum, { columns }) => sum + SELECTION_UNITS + 2 * columns.length, 0);
}

function append(tables: Map<string, WritableTable>, batch: SampleBatch): void {
  const placed = batch.series.map((labels) => {
    const name = labelValue(labels, METRIC_NAME);
    const table = tables.get(name) ?? createMetricTable(name);
    tables.set(name, table);
    return { table, row: table.rowOf(labels) };
  });
  startGrids(placed, batch);
  for (let i = 0; i < batch.values.length; i++) {
    const place = placed[batch.seriesOf[i] ?? 0];
    const timeMs = batch.timesMs[i] ?? 0;
    const isFloat = batch.stale[i] === 0 && (batch.histograms.size === 0 || !batch.histograms.has(i));
    if (isFloat) place?.table.writeFloat(place.row, timeMs, batch.values[i] ?? 0);
    else place?.table.write(place.row, timeMs, specialCell(batch, i));
  }
}

interface Place {
  readonly table: WritableTable;
  readonly row: number;
}

function startGrids(placed: readonly Place[], batch: SampleBatch): void {
  const fresh = placed.map((place) => !place.table.hasGrid(place.row));
  if (!fresh.includes(true)) return;
  const firstMs = new Float64Array(placed.length).fill(Number.POSITIVE_INFINITY);
  for (let i = 0; i < batch.values.length; i++) {
    const series = batch.seriesOf[i] ?? 0;
    firstMs[series] = Math.min(firstMs[series] ?? 0, batch.timesMs[i] ?? 0);
  }
  const starts = new Map<WritableTable, RowStart[]>();
  placed.forEach(({ table, row }, series) => {
    if (!fresh[series] || firstMs[series] === Number.POSITIVE_INFINITY) return;
    const rows = starts.get(table) ?? [];
    starts.set(table, rows);
    rows.push({ row, firstMs: firstMs[series] ?? 0 });
  });
  for (const [table, rows] of starts) table.startGrids(rows);
}

function specialCell(batch: SampleBatch, row: number): Cell {
  const histogram = batch.histograms.get(row) ?? null;
  const isStale = batch.stale[row] === 1;
  return {
    kind: isStale || histogram === null ? STALE : HISTOGRAM,
    value: Number.NaN,
    histogram: isStale ? null : histogram,
  };
}

function sumOver(tables: ReadonlyMap<string, WritableTable>, measure: (table: WritableTable) => number): number {
  let sum = 0;
  for (const table of tables.values()) sum += measure(table);
  return sum;
}

function sortedDistinct(texts: readonly string[]): string[] {
  return [...new Set(texts)].sort(compareText);
}
