import { type GrowingFloats, growingFloats } from './growing-floats.ts';
import type { SeriesGroups } from './series-groups.ts';

/**
 * Folds samples into groups at steps. `slot` is where one group at one step is kept; slots are dense and reserved before use.
 * Order matters to the last bit: samples of a slot arrive in the order of the series.
 */
export interface Accumulator {
  /** Makes room for slots below `count`. */
  reserve(count: number): void;
  /** The rows of a chunk from `step` up to and without `end`: row n starts at `values[n * width]`, its group g at `slots[g] + n`. */
  addRows(values: Float64Array, groups: SeriesGroups, step: number, end: number): void;
  addOne(value: number, slot: number): void;
  result(slot: number): number;
  /** Ends its use. */
  release(): void;
}

/** Some numbers of each slot, which come and go together. */
function reserved<T extends Readonly<Record<string, GrowingFloats>>>(
  numbers: T,
): T & { readonly lifetime: Pick<Accumulator, 'reserve' | 'release'> } {
  const all = Object.values(numbers);
  const lifetime: Pick<Accumulator, 'reserve' | 'release'> = {
    reserve(count) {
      for (const one of all) one.reserve(count);
    },
    release() {
      for (const one of all) one.release();
    },
  };
  return { ...numbers, lifetime };
}

/** An accumulator whose samples are folded one at a time. */
function oneByOne(parts: Pick<Accumulator, 'reserve' | 'addOne' | 'result' | 'release'>): Accumulator {
  const { addOne } = parts;
  return {
    ...parts,
    addRows(values, groups, step, end) {
      const { width, count, series, starts, slots } = groups;
      for (let row = step; row < end; row++) {
        const from = row * width;
        if (count === 1) {
          const slot = (slots[0] ?? 0) + row;
          for (let i = from; i < from + width; i++) addOne(values[i] ?? 0, slot);
          continue;
        }
        for (let group = 0; group < count; group++) {
          const slot = (slots[group] ?? 0) + row;
          const groupEnd = starts[group + 1] ?? 0;
          for (let i = starts[group] ?? 0; i < groupEnd; i++) addOne(values[from + (series[i] ?? 0)] ?? 0, slot);
        }
      }
    },
  };
}

/**
 * Compensated (Kahan, Neumaier) sums. A slot starts at -0, which leaves its first value exactly as it is.
 * A sum that is not finite needs no rest, and stays so.
 */
export function createSum(): Accumulator {
  const slots = reserved({ sums: growingFloats(-0), rests: growingFloats(0) });
  return {
    ...slots.lifetime,
    addRows(values, groups, step, end) {
      const sumsAndRests = { sums: slots.sums.values, rests: slots.rests.values };
      const addTwo = groups.count === 1 ? addTwoWholeRows : addTwoRows;
      let row = step;
      for (; row + 1 < end; row += 2) addTwo(values, groups, row, sumsAndRests);
      if (row < end) addRow(values, groups, row, sumsAndRests);
    },
    addOne(value, slot) {
      const sums = slots.sums.values;
      const rests = slots.rests.values;
      const sum = sums[slot] ?? 0;
      const next = sum + value;
      if (next - next !== 0) rests[slot] = 0;
      else if (Math.abs(sum) >= Math.abs(value)) rests[slot] = (rests[slot] ?? 0) + (sum - next + value);
      else rests[slot] = (rests[slot] ?? 0) + (value - next + sum);
      sums[slot] = next;
    },
    result: (slot) => (slots.sums.values[slot] ?? 0) + (slots.rests.values[slot] ?? 0),
  };
}

interface SumsAndRests {
  readonly sums: Float64Array;
  readonly rests: Float64Array;
}

// The loops over groups are written out because every sample of `sum by (...)` passes here. What rounding takes from an
// addition is found without asking which of the two numbers is larger, as Knuth does.

function addRow(values: Float64Array, groups: SeriesGroups, row: number, { sums, rests }: SumsAndRests): void {
  const { series, starts, slots, width } = groups;
  const from = row * width;
  for (let group = 0; group < groups.count; group++) {
    const slot = (slots[group] ?? 0) + row;
    const end = starts[group + 1] ?? 0;
    let sum = sums[slot] ?? 0;
    let rest = rests[slot] ?? 0;
    for (let i = starts[group] ?? 0; i < end; i++) {
      const value = values[from + (series[i] ?? 0)] ?? 0;
      const next = sum + value;
      const added = next - sum;
      rest += sum - (next - added) + (value - added);
      sum = next;
    }
    sums[slot] = sum;
    rests[slot] = sum - sum === 0 ? rest : 0;
  }
}

/** A row and the one after it: two sums that do not wait for each other take little longer than one. */
function addTwoRows(values: Float64Array, groups: SeriesGroups, row: number, { sums, rests }: SumsAndRests): void {
  const { series, starts, slots, width } = groups;
  const from = row * width;
  for (let group = 0; group < groups.count; group++) {
    const slot = (slots[group] ?? 0) + row;
    const end = starts[group + 1] ?? 0;
    let sum = sums[slot] ?? 0;
    let rest = rests[slot] ?? 0;
    let nextSum = sums[slot + 1] ?? 0;
    let nextRest = rests[slot + 1] ?? 0;
    for (let i = starts[group] ?? 0; i < end; i++) {
      const place = from + (series[i] ?? 0);
      const value = values[place] ?? 0;
      const total = sum + value;
      const added = total - sum;
      rest += sum - (total - added) + (value - added);
      sum = total;
      const nextValue = values[place + width] ?? 0;
      const nextTotal = nextSum + nextValue;
      const nextAdded = nextTotal - nextSum;
      nextRest += nextSum - (nextTotal - nextAdded) + (nextValue - nextAdded);
      nextSum = nextTotal;
    }
    sums[slot] = sum;
    rests[slot] = sum - sum === 0 ? rest : 0;
    sums[slot + 1] = nextSum;
    rests[slot + 1] = nextSum - nextSum === 0 ? nextRest : 0;
  }
}

/** The same when all series belong to one group. */
function addTwoWholeRows(
  values: Float64Array,
  { slots, width }: SeriesGroups,
  row: number,
  { sums, rests }: SumsAndRests,
): void {
  const slot = (slots[0] ?? 0) + row;
  let sum = sums[slot] ?? 0;
  let rest = rests[slot] ?? 0;
  let nextSum = sums[slot + 1] ?? 0;
  let nextRest = rests[slot + 1] ?? 0;
  const end = (row + 1) * width;
  for (let place = row * width; place < end; place++) {
    const value = values[place] ?? 0;
    const total = sum + value;
    const added = total - sum;
    rest += sum - (total - added) + (value - added);
    sum = total;
    const nextValue = values[place + width] ?? 0;
    const nextTotal = nextSum + nextValue;
    const nextAdded = nextTotal - nextSum;
    nextRest += nextSum - (nextTotal - nextAdded) + (nextValue - nextAdded);
    nextSum = nextTotal;
  }
  sums[slot] = sum;
  rests[slot] = sum - sum === 0 ? rest : 0;
  sums[slot + 1] = nextSum;
  rests[slot + 1] = nextSum - nextSum === 0 ? nextRest : 0;
}

/** A compensated sum of two numbers, kept apart as sum and rest. */
export interface Compensated {
  sum: number;
  rest: number;
}

/** Adds to a compensated sum. Matches Prometheus' kahansum.Inc: the rest is forgotten when the sum is infinite. */
export function addTo(total: Compensated, value: number): void {
  const next = total.sum + value;
  if (next === Number.POSITIVE_INFINITY || next === Number.NEGATIVE_INFINITY) total.rest = 0;
  else if (Math.abs(total.sum) >= Math.abs(value)) total.rest += total.sum - next + value;
  else total.rest += value - next + total.sum;
  total.sum = next;
}

/** Means: of compensated sums, or updated in place from the value on with which the sum would become infinite. */
export function createMean(): Accumulator {
  const slots = reserved({
    counts: growingFloats(0),
    sums: growingFloats(0),
    rests: growingFloats(0),
    incremental: growingFloats(0),
  });
  const total: Compensated = { sum: 0, rest: 0 };
  return oneByOne({
    ...slots.lifetime,
    addOne(value, slot) {
      const counts = slots.counts.values;
      const sums = slots.sums.values;
      const rests = slots.rests.values;
      const incremental = slots.incremental.values;
      const count = (counts[slot] ?? 0) + 1;
      counts[slot] = count;
      total.sum = sums[slot] ?? 0;
      total.rest = rests[slot] ?? 0;
      if (incremental[slot] === 0) {
        if (count === 1) total.sum = value;
        else addTo(total, value);
        if (count === 1 || Math.abs(total.sum) !== Number.POSITIVE_INFINITY) {
          sums[slot] = total.sum;
          rests[slot] = total.rest;
          return;
        }
        incremental[slot] = 1;
        total.sum = (sums[slot] ?? 0) / (count - 1);
        total.rest = (rests[slot] ?? 0) / (count - 1);
      }
      const share = (count - 1) / count;
      total.sum *= share;
      total.rest *= share;
      addTo(total, value / count);
      sums[slot] = total.sum;
      rests[slot] = total.rest;
    },
    result(slot) {
      const parts = slots.incremental.values[slot] === 0 ? (slots.counts.values[slot] ?? 0) : 1;
      return (slots.sums.values[slot] ?? 0) / parts + (slots.rests.values[slot] ?? 0) / parts;
    },
  });
}

/** The largest or smallest value; any number replaces NaN. */
export function createExtreme(largest: boolean): Accumulator {
  const slots = reserved({ extremes: growingFloats(Number.NaN) });
  return oneByOne({
    ...slots.lifetime,
    addOne(value, slot) {
      const extremes = slots.extremes.values;
      const known = extremes[slot] ?? Number.NaN;
      if (Number.isNaN(known) || (largest ? value > known : value < known)) extremes[slot] = value;
    },
    result: (slot) => slots.extremes.values[slot] ?? Number.NaN,
  });
}

/** Population variance (or its root) by Welford's method; NaN when the first value is not finite. */
export function createVariance(root: boolean): Accumulator {
  const slots = reserved({ counts: growingFloats(0), means: growingFloats(0), squares: growingFloats(0) });
  return oneByOne({
    ...slots.lifetime,
    addOne(value, slot) {
      const counts = slots.counts.values;
      const means = slots.means.values;
      const squares = slots.squares.values;
      const count = (counts[slot] ?? 0) + 1;
      counts[slot] = count;
      const mean = means[slot] ?? 0;
      if (count === 1) {
        means[slot] = value;
        squares[slot] = Number.isFinite(value) ? 0 : Number.NaN;
        return;
      }
      const delta = value - mean;
      const newMean = mean + delta / count;
      means[slot] = newMean;
      squares[slot] = (squares[slot] ?? 0) + delta * (value - newMean);
    },
    result(slot) {
      const variance = (slots.squares.values[slot] ?? 0) / (slots.counts.values[slot] ?? 0);
      return root ? Math.sqrt(variance) : variance;
    },
  });
}

/** The number of samples. */
export function createCount(): Accumulator {
  const numbers = reserved({ counts: growingFloats(0) });
  return {
    ...numbers.lifetime,
    addRows(_values, { count, starts, slots }, step, end) {
      const counts = numbers.counts.values;
      for (let group = 0; group < count; group++) {
        const size = (starts[group + 1] ?? 0) - (starts[group] ?? 0);
        const slot = slots[group] ?? 0;
        for (let row = step; row < end; row++) counts[slot + row] = (counts[slot + row] ?? 0) + size;
      }
    },
    addOne(_value, slot) {
      const counts = numbers.counts.values;
      counts[slot] = (counts[slot] ?? 0) + 1;
    },
    result: (slot) => numbers.counts.values[slot] ?? 0,
  };
}

/** 1 for every group. */
export function createPresence(): Accumulator {
  return { reserve() {}, addRows() {}, addOne() {}, result: () => 1, release() {} };
}
