import { dropLabels, type Labels, labelValue } from '../../model/labels.ts';
import { FLOAT } from '../../series/cells.ts';
import type { LabelColumn } from '../../series/dictionary.ts';
import { type Chunk, cellKind } from '../chunk.ts';
import { createGroupIndex, type SeriesList, type TableRows } from '../series-list.ts';
import type { Buckets } from './classic-histogram.ts';

const BUCKET_LABEL = 'le';

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

/** A label set taken apart. */
interface BucketLabels {
  readonly text: string;
  /** Null when `text` is no number. */
  readonly bound: number | null;
  readonly others: Labels;
}

// The groups of an aggregation have the same label sets query after query, so what they say is kept with them.
const known = new WeakMap<Labels, BucketLabels>();

function takeApart(labels: Labels): BucketLabels {
  let parts = known.get(labels);
  if (parts === undefined) {
    const text = labelValue(labels, BUCKET_LABEL);
    parts = { text, bound: parseBound(text), others: dropLabels(labels, new Set([BUCKET_LABEL])) };
    known.set(labels, parts);
  }
  return parts;
}

const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const HEXADECIMAL = /^([+-]?)0x(?=\.?[\da-f])([\da-f]*)\.?([\da-f]*)p([+-]?\d+)$/i;
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
  return series.rows === null ? groupByLabels(series) : groupByRows(series, series.rows);
}

interface Member {
  readonly series: number;
  readonly bound: number;
}

function groupByLabels(series: SeriesList): BucketGroups {
  const malformed: { series: number; text: string }[] = [];
  const byKey = new Map<string, { labels: Labels; members: Member[] }>();
  for (let i = 0; i < series.size; i++) {
    const { text, bound, others } = takeApart(series.labels(i));
    if (bound === null) malformed.push({ series: i, text });
    else {
      let group = byKey.get(others.key);
      if (group === undefined) {
        group = { labels: others, members: [] };
        byKey.set(others.key, group);
      }
      group.members.push({ series: i, bound });
    }
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
