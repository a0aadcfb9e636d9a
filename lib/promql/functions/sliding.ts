import type { Column, ColumnResults } from './columns.ts';
import type { Samples } from './range-function.ts';

// Functions over the windows of one column, which overlap: what can be known of a sample once and for all is found once.
// Results are the same to the last bit as those of each window by itself.

/** The values of one window. */
export type WindowValues = Pick<Samples, 'count' | 'values' | 'first' | 'stride'>;

/** Fills the results of a column. */
type ColumnForm = (column: Column, results: ColumnResults) => void;

/** Sums of windows, or means. `ofWindow` is for windows in which something is infinite or NaN. */
export function sumsOfColumn(isMean: boolean, ofWindow: (window: WindowValues) => number): ColumnForm {
  return (column, { values: results, first, stride }) => {
    const { values, from, to, endsMs } = column;
    const isExact = endsMs.length >= MIN_SHARED_WINDOWS && addPrefixes(column);
    for (let step = 0; step < endsMs.length; step++) {
      const start = from[step] ?? 0;
      const end = to[step] ?? 0;
      const count = end - start;
      if (count === 0) continue;
      if (isExact) setTotal((prefixes[end] ?? 0) - (prefixes[start] ?? 0), 0);
      else {
        column.visit(count);
        addUp(values, start, end);
      }
      const isOrdinary = Number.isFinite(total.rest);
      results[first + step * stride] = !isOrdinary
        ? ofWindow({ values, first: start, stride: 1, count })
        : isMean
          ? total.sum / count + total.rest / count
          : total.sum + total.rest;
    }
  };
}

/** From so many windows on it pays to add up the column first. */
const MIN_SHARED_WINDOWS = 3;

/** Below this all integers are floats, and sums that are not reach it. */
const MAX_EXACT_SUM = 2 ** 53;

// Scratch space: the sum of the values before each one.
let prefixes = new Float64Array(0);

/**
 * Adds up the column, if that is exact however it is done: all values are integers, and small enough. Bytes, counts and states
 * are. Whether it was.
 */
function addPrefixes({ values, from, to, endsMs }: Column): boolean {
  const start = from[0] ?? 0;
  const end = to[endsMs.length - 1] ?? 0;
  if (end >= prefixes.length) prefixes = new Float64Array(end + (end >> 1) + 1);
  let sum = 0;
  let size = 0;
  prefixes[start] = 0;
  for (let i = start; i < end; i++) {
    const value = values[i] ?? 0;
    if (value !== Math.floor(value)) return false;
    size += Math.abs(value);
    sum += value;
    prefixes[i + 1] = sum;
  }
  return size < MAX_EXACT_SUM;
}

// Scratch space of the sums below.
const total = { sum: 0, rest: 0 };

function setTotal(sum: number, rest: number): void {
  total.sum = sum;
  total.rest = rest;
}

/**
 * The compensated sum of some values, its rest apart; a rest that is not finite says that it is none. What an addition loses
 * is found without a branch (Knuth's two-sum), and is the same as where the larger of both is looked for.
 */
function addUp(values: Float64Array, start: number, end: number): void {
  let sum = values[start] ?? 0;
  let rest = sum - sum;
  for (let i = start + 1; i < end; i++) {
    const value = values[i] ?? 0;
    const next = sum + value;
    const added = next - sum;
    rest += sum - (next - added) + (value - added);
    sum = next;
  }
  setTotal(sum, rest);
}

// Scratch space: positions of samples that are an extreme of some window still to come; their values fall (rise for minima).
let candidates = new Int32Array(0);

/** The largest or smallest value of each window; NaN only where there is nothing else. Each sample is looked at about twice. */
export function extremesOfColumn(largest: boolean): ColumnForm {
  return ({ values, from, to, endsMs }, { values: results, first, stride }) => {
    const end = to[endsMs.length - 1] ?? 0;
    if (end > candidates.length) candidates = new Int32Array(end + (end >> 1));
    let next = from[0] ?? 0;
    let oldest = 0;
    let newest = 0;
    for (let step = 0; step < endsMs.length; step++) {
      const start = from[step] ?? 0;
      for (next = Math.max(next, start); next < (to[step] ?? 0); next++) {
        const value = values[next] ?? 0;
        if (Number.isNaN(value)) continue;
        while (newest > oldest && isBeyond(value, values[candidates[newest - 1] ?? 0] ?? 0, largest)) newest--;
        candidates[newest++] = next;
      }
      while (oldest < newest && (candidates[oldest] ?? 0) < start) oldest++;
      results[first + step * stride] = oldest < newest ? (values[candidates[oldest] ?? 0] ?? 0) : Number.NaN;
    }
  };
}

function isBeyond(value: number, other: number, largest: boolean): boolean {
  return largest ? value > other : value < other;
}

/** How many neighbours in each window satisfy a condition. */
export function pairsOfColumn(isCounted: (value: number, before: number) => boolean): ColumnForm {
  return ({ values, from, to, endsMs }, { values: results, first, stride }) => {
    const start = from[0] ?? 0;
    const end = to[endsMs.length - 1] ?? 0;
    if (end >= prefixes.length) prefixes = new Float64Array(end + (end >> 1) + 1);
    prefixes[start] = 0;
    for (let i = start + 1; i < end; i++) {
      prefixes[i] = (prefixes[i - 1] ?? 0) + (isCounted(values[i] ?? 0, values[i - 1] ?? 0) ? 1 : 0);
    }
    for (let step = 0; step < endsMs.length; step++) {
      const [head, tail] = [from[step] ?? 0, to[step] ?? 0];
      if (head < tail) results[first + step * stride] = (prefixes[tail - 1] ?? 0) - (prefixes[head] ?? 0);
    }
  };
}

/** What the number and the ends of a window tell. */
export function endsOfColumn(of: 'count' | 'first' | 'last'): ColumnForm {
  return ({ values, from, to, endsMs }, { values: results, first, stride }) => {
    for (let step = 0; step < endsMs.length; step++) {
      const [head, tail] = [from[step] ?? 0, to[step] ?? 0];
      if (head === tail) continue;
      results[first + step * stride] =
        of === 'count' ? tail - head : of === 'first' ? (values[head] ?? 0) : (values[tail - 1] ?? 0);
    }
  };
}
