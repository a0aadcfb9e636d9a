import { dropLabels, type Labels, labelValue } from '../../model/labels.ts';
import { FLOAT } from '../../series/cells.ts';
import type { LabelColumn } from '../../series/dictionary.ts';
import type { MetricTable } from '../../series/metric-table.ts';
import { type Chunk, cellKind } from '../chunk.ts';
import { createGroupIndex, type SeriesList, type TableRows } from '../series-list.ts';
import type { Buckets } from './classic-histogram.ts';

const BUCKET_LABEL = 'le';
const BUCKET_LABELS: ReadonlySet<string> = new Set([BUCKET_LABEL]);

/** The series that are the buckets of one classic histogram. */
export interface BucketGroup {
  /** What its buckets share: all but `le`. */
  readonly labels: Labels;
  /** Series numbers, ascending by bound. */
  readonly series: Int32Array;
  /** Bound of each of `series`. */
  readonly bounds: Float64Array;
  /** No two bounds are equal. */
  readonly isDistinct: boolean;
}

export interface BucketGroups {
  readonly groups: readonly BucketGroup[];
  /** Series whose `le` is no number, and what it is. */
  readonly malformed: readonly { readonly series: number; readonly text: string }[];
}

const DECIMAL = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i;
const HEXADECIMAL = /^([+-]?)0x(?=\.?[\da-f])([\da-f]*)(?:\.([\da-f]*))?p([+-]?\d+)$/i;
const BITS_PER_DIGIT = 4;

/** As Go's ParseFloat; null when it is no number, or none within reach. */
function parseBound(text: string): number | null {
  const [, sign, word] = /^([+-]?)(inf|infinity|nan)$/i.exec(text) ?? [];
  if (word?.toLowerCase() === 'nan') return sign === '' ? Number.NaN : null;
  if (word !== undefined) return sign === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  const misplaced = /0x/i.test(text) ? /(?<![\da-fx])_|_(?![\da-f])/i : /(?<!\d)_|_(?!\d)/;
  if (misplaced.test(text)) return null;
  const plain = text.replaceAll('_', '');
  const bound = DECIMAL.test(plain) ? Number(plain) : parseHexadecimal(plain);
  return Number.isFinite(bound) ? bound : null;
}

function parseHexadecimal(text: string): number {
  const [, sign, whole = '', fraction = '', power = ''] = HEXADECIMAL.exec(text) ?? [];
  if (sign === undefined) return Number.NaN;
  const size = Number(`0x${whole}${fraction}`) * 2 ** (Number(power) - BITS_PER_DIGIT * fraction.length);
  return sign === '-' ? -size : size;
}

/** Finds out which series are buckets of the same histogram: those that differ only in `le`. */
export function groupBuckets(series: SeriesList): BucketGroups {
  return series.rows === null ? groupsOfLabels(series) : groupsOfRows(series, series.rows);
}

// The same series come query after query, so their groups are kept with the first label set, or with the table.
const groupedLabels = new WeakMap<Labels, { labels: readonly Labels[]; groups: BucketGroups }>();
const groupedRows = new WeakMap<MetricTable, { version: number; rows: TableRows; groups: BucketGroups }>();

function groupsOfLabels(series: SeriesList): BucketGroups {
  const labels = Array.from({ length: series.size }, (_, i) => series.labels(i));
  const [first] = labels;
  if (first === undefined) return { groups: [], malformed: [] };
  const before = groupedLabels.get(first);
  if (before !== undefined && before.labels.length === labels.length) {
    if (labels.every((own, i) => own === before.labels[i])) return before.groups;
  }
  const groups = groupByLabels(labels);
  groupedLabels.set(first, { labels, groups });
  return groups;
}

function groupsOfRows(series: SeriesList, rows: TableRows): BucketGroups {
  const before = groupedRows.get(rows.table);
  if (before !== undefined && before.version === rows.table.version && before.rows.name === rows.name) {
    if (areEqual(before.rows.tableRows, rows.tableRows)) return before.groups;
  }
  const groups = groupByRows(series, rows);
  const kept = { ...rows, tableRows: rows.tableRows.slice() };
  groupedRows.set(rows.table, { version: rows.table.version, rows: kept, groups });
  return groups;
}

function areEqual(a: Int32Array, b: Int32Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

interface Member {
  readonly series: number;
  readonly bound: number;
}

function groupByLabels(all: readonly Labels[]): BucketGroups {
  const malformed: { series: number; text: string }[] = [];
  const byKey = new Map<string, { labels: Labels; members: Member[] }>();
  for (const [series, labels] of all.entries()) {
    const text = labelValue(labels, BUCKET_LABEL);
    const bound = parseBound(text);
    if (bound === null) {
      malformed.push({ series, text });
      continue;
    }
    const others = dropLabels(labels, BUCKET_LABELS);
    const group = byKey.get(others.key) ?? { labels: others, members: [] };
    byKey.set(others.key, group);
    group.members.push({ series, bound });
  }
  return { groups: Array.from(byKey.values(), ({ labels, members }) => ordered(labels, members)), malformed };
}

function groupByRows(series: SeriesList, { table, tableRows }: TableRows): BucketGroups {
  const malformed: { series: number; text: string }[] = [];
  const index = createGroupIndex({ labels: [BUCKET_LABEL], without: true, nameCounts: true });
  const numbers = index.numbersOf(series);
  const members: Member[][] = Array.from({ length: index.count }, () => []);
  const { ids, values } = table.columns.get(BUCKET_LABEL) ?? NO_COLUMN;
  const bounds = values.map(parseBound);
  for (let i = 0; i < series.size; i++) {
    const id = ids[tableRows[i] ?? 0] ?? 0;
    const bound = bounds[id] ?? null;
    if (bound === null) malformed.push({ series: i, text: values[id] ?? '' });
    else members[numbers[i] ?? 0]?.push({ series: i, bound });
  }
  const groups = members.map((own, group) => ordered(index.labels(group), own));
  return { groups: groups.filter((group) => group.series.length > 0), malformed };
}

/** The column of a label that no series has. */
const NO_COLUMN: LabelColumn = { ids: new Int32Array(0), values: [''] };

function ordered(labels: Labels, members: Member[]): BucketGroup {
  members.sort(byBound);
  const bounds = Float64Array.from(members, ({ bound }) => bound);
  return {
    labels,
    series: Int32Array.from(members, ({ series }) => series),
    bounds,
    isDistinct: bounds.every((bound, i) => i === 0 || bound !== bounds[i - 1]),
  };
}

/** NaN comes last, and so makes the histogram incomplete. */
function byBound(a: Member, b: Member): number {
  if (a.bound === b.bound) return a.series - b.series;
  if (Number.isNaN(a.bound) || Number.isNaN(b.bound))
    return Number(Number.isNaN(a.bound)) - Number(Number.isNaN(b.bound));
  return a.bound - b.bound;
}

/** Reads the buckets of one histogram at one step; valid until the next call. */
export type BucketReader = (group: BucketGroup, step: number) => Buckets;

/** Reads from a chunk, always into the same arrays. */
export function createBucketReader(chunk: Chunk, groups: readonly BucketGroup[]): BucketReader {
  const most = groups.reduce((size, { series }) => Math.max(size, series.length), 0);
  const buckets: Buckets = { count: 0, bounds: new Float64Array(0), counts: new Float64Array(most) };
  const bounds = new Float64Array(most);
  return (group, step) => {
    const { series, isDistinct } = group;
    if (chunk.irregular[step] !== 0 || !isDistinct) {
      buckets.bounds = bounds;
      readPresent(chunk, group, step, buckets);
      return buckets;
    }
    const from = step * chunk.width;
    for (let i = 0; i < series.length; i++) buckets.counts[i] = chunk.values[from + (series[i] ?? 0)] ?? 0;
    buckets.bounds = group.bounds;
    buckets.count = series.length;
    return buckets;
  };
}

/** Buckets that have a float at the step; those with equal bounds count as one. */
function readPresent(chunk: Chunk, { series, bounds }: BucketGroup, step: number, into: Buckets): void {
  into.count = 0;
  for (let i = 0; i < series.length; i++) {
    const cell = step * chunk.width + (series[i] ?? 0);
    if (cellKind(chunk, step, cell) !== FLOAT) continue;
    const value = chunk.values[cell] ?? 0;
    const bound = bounds[i] ?? 0;
    if (into.count > 0 && into.bounds[into.count - 1] === bound) {
      into.counts[into.count - 1] = (into.counts[into.count - 1] ?? 0) + value;
    } else {
      into.bounds[into.count] = bound;
      into.counts[into.count++] = value;
    }
  }
}
