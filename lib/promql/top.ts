import { FLOAT } from '../series/cells.ts';
import type { Aggregation } from './ast.ts';
import { type Chunk, emptyChunk, presentCells, putFloat } from './chunk.ts';
import { pickedSeries } from './collect.ts';
import type { Evaluation, Vector } from './evaluation.ts';
import { compareValues } from './functions/sorting.ts';
import { limitsOf, noteIgnored } from './rank.ts';
import { createSeriesGrouper, type SeriesGrouper, type SeriesGroups } from './series-groups.ts';
import { createGroupIndex, type GroupIndex, joinSeries, type SeriesList } from './series-list.ts';

/** topk and bottomk: the series with the largest or smallest values of each group, whole label sets kept. */
export function topSeries(evaluation: Evaluation, node: Aggregation): Vector {
  const limits = limitsOf(evaluation, node);
  const vector = evaluation.vector(node.expr);
  return {
    kind: 'vector',
    distinct: vector.distinct,
    each(consume) {
      let search: Search | null = null;
      const lists: SeriesList[] = [];
      let seen = 0;
      vector.each((chunk) => {
        if (limits.none || presentCells(chunk) === 0) return;
        search ??= createSearch(node, limits.checked());
        noteIgnored(evaluation, node, chunk);
        offerChunk(search, chunk, seen);
        lists.push(chunk.series);
        seen += chunk.width;
      });
      limits.refuseNaN();
      if (search === null) return;
      const result = resultOf(search, joinSeries(lists));
      evaluation.budget.hold(presentCells(result));
      consume(result);
    },
  };
}

/** The candidates of one group at one step: a heap whose first is the worst, so that most newcomers are told off at once. */
interface Heap {
  size: number;
  readonly values: number[];
  /** Numbers of the series, counted over all chunks. */
  readonly series: number[];
}

// Heaps of earlier queries: a range query needs one for each step, which would be most of its garbage.
const spare: Heap[] = [];
const MAX_SPARE = 1_024;
const MAX_SPARE_ENTRIES = 32;

function takeHeap(): Heap {
  return spare.pop() ?? { size: 0, values: [], series: [] };
}

function giveBack(heap: Heap): void {
  if (spare.length >= MAX_SPARE || heap.values.length > MAX_SPARE_ENTRIES) return;
  heap.size = 0;
  spare.push(heap);
}

/** Slots are numbered group by group: slot = group * steps + step. */
interface Search {
  /** -1 for the largest first, 1 for the smallest first. */
  readonly sign: number;
  /** Per step. */
  readonly limits: Float64Array;
  readonly groups: GroupIndex;
  readonly grouper: SeriesGrouper;
  readonly heaps: (Heap | undefined)[];
  /** Per slot, the worst value of a full heap; NaN while there is room, or while a NaN can still be displaced. */
  worst: Float64Array;
}

function createSearch(node: Aggregation, limits: Float64Array): Search {
  return {
    sign: node.op === 'topk' ? -1 : 1,
    limits,
    groups: createGroupIndex({ labels: node.grouping, without: node.without }),
    grouper: createSeriesGrouper(limits.length),
    heaps: [],
    worst: new Float64Array(0),
  };
}

function offerChunk(search: Search, chunk: Chunk, firstSeries: number): void {
  const { limits } = search;
  const numbers = search.groups.numbersOf(chunk.series);
  const groups = search.grouper.group(numbers, chunk.width, search.groups.count);
  reserve(search, search.groups.count * chunk.steps);
  for (let step = 0; step < chunk.steps; step++) {
    if ((limits[step] ?? 0) < 1 || chunk.irregular[step] === chunk.width) continue;
    for (let place = 0; place < groups.count; place++) offerGroup(search, chunk, groups, { step, place, firstSeries });
  }
}

interface GroupAtStep {
  readonly step: number;
  /** Of the group, among those in the chunk. */
  readonly place: number;
  /** Number of the first series of the chunk, counted over all chunks. */
  readonly firstSeries: number;
}

/** Nearly all values are told off by one comparison with a number that stays at hand. */
function offerGroup(
  search: Search,
  chunk: Chunk,
  groups: SeriesGroups,
  { step, place, firstSeries }: GroupAtStep,
): void {
  const { worst, sign } = search;
  const slot = (groups.slots[place] ?? 0) + step;
  const end = groups.starts[place + 1] ?? 0;
  const whole = chunk.irregular[step] === 0;
  const base = step * chunk.width;
  let bar = worst[slot] ?? 0;
  for (let k = groups.starts[place] ?? 0; k < end; k++) {
    const series = groups.series[k] ?? 0;
    const value = chunk.values[base + series] ?? 0;
    // At ties the earlier series is kept.
    if (sign < 0 ? value <= bar : value >= bar) continue;
    if (!whole && chunk.cells[base + series] !== FLOAT) continue;
    offer(search, slot, firstSeries + series, value);
    bar = worst[slot] ?? 0;
  }
}

function reserve(search: Search, slots: number): void {
  if (slots <= search.worst.length) return;
  const worst = new Float64Array(Math.max(slots, search.worst.length * 2)).fill(Number.NaN);
  worst.set(search.worst);
  search.worst = worst;
}

function offer(search: Search, slot: number, series: number, value: number): void {
  const { heaps, limits, sign } = search;
  const heap = heaps[slot] ?? takeHeap();
  heaps[slot] = heap;
  const limit = limits[slot % limits.length] ?? 0;
  if (heap.size < limit) {
    heap.values[heap.size] = value;
    heap.series[heap.size] = series;
    heap.size++;
    rise(heap, sign);
  } else {
    if (compareValues(value, heap.values[0] ?? Number.NaN, sign) >= 0) return;
    heap.values[0] = value;
    heap.series[0] = series;
    sink(heap, heap.size, sign);
  }
  if (heap.size >= limit) search.worst[slot] = heap.values[0] ?? Number.NaN;
}

/** Whether entry a is worse than entry b; of equals the later one is. */
function isWorse({ values, series }: Heap, a: number, b: number, sign: number): boolean {
  const order = compareValues(values[a] ?? 0, values[b] ?? 0, sign);
  return order > 0 || (order === 0 && (series[a] ?? 0) > (series[b] ?? 0));
}

function rise(heap: Heap, sign: number): void {
  let child = heap.size - 1;
  while (child > 0) {
    const parent = (child - 1) >> 1;
    if (!isWorse(heap, child, parent, sign)) return;
    swap(heap, child, parent);
    child = parent;
  }
}

/** Of the first `length` entries. */
function sink(heap: Heap, length: number, sign: number): void {
  for (let parent = 0; ; ) {
    const left = 2 * parent + 1;
    if (left >= length) return;
    const worse = left + 1 < length && isWorse(heap, left + 1, left, sign) ? left + 1 : left;
    if (!isWorse(heap, worse, parent, sign)) return;
    swap(heap, worse, parent);
    parent = worse;
  }
}

function swap({ values, series }: Heap, a: number, b: number): void {
  const value = values[a] ?? 0;
  const number = series[a] ?? 0;
  values[a] = values[b] ?? 0;
  series[a] = series[b] ?? 0;
  values[b] = value;
  series[b] = number;
}

/** Puts the best first: the worst of those that are left goes behind them. */
function rank(heap: Heap, sign: number): void {
  for (let length = heap.size - 1; length > 0; length--) {
    swap(heap, 0, length);
    sink(heap, length, sign);
  }
}

/** Chosen series in the order in which they were found, group by group, best first: the order of an instant result. */
function resultOf({ heaps, limits, sign }: Search, series: SeriesList): Chunk {
  const places = new Map<number, number>();
  for (const heap of heaps) {
    if (heap === undefined) continue;
    rank(heap, sign);
    for (let i = 0; i < heap.size; i++) {
      const number = heap.series[i] ?? 0;
      if (!places.has(number)) places.set(number, places.size);
    }
  }
  const result = emptyChunk(pickedSeries(series, [...places.keys()]), limits.length);
  heaps.forEach((heap, slot) => {
    if (heap === undefined) return;
    const step = slot % limits.length;
    for (let i = 0; i < heap.size; i++) {
      const place = places.get(heap.series[i] ?? 0) ?? 0;
      putFloat(result, step, step * result.width + place, heap.values[i] ?? 0);
    }
    giveBack(heap);
  });
  return result;
}
