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
  readonly values: number[];
  /** Numbers of the series, counted over all chunks. */
  readonly series: number[];
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
  const heap = heaps[slot] ?? { values: [], series: [] };
  heaps[slot] = heap;
  const limit = limits[slot % limits.length] ?? 0;
  if (heap.values.length < limit) {
    heap.values.push(value);
    heap.series.push(series);
    rise(heap, sign);
  } else {
    if (compareValues(value, heap.values[0] ?? Number.NaN, sign) >= 0) return;
    heap.values[0] = value;
    heap.series[0] = series;
    sink(heap, sign);
  }
  if (heap.values.length >= limit) search.worst[slot] = heap.values[0] ?? Number.NaN;
}

/** Whether entry a is worse than entry b; of equals the later one is. */
function isWorse({ values, series }: Heap, a: number, b: number, sign: number): boolean {
  const order = compareValues(values[a] ?? 0, values[b] ?? 0, sign);
  return order > 0 || (order === 0 && (series[a] ?? 0) > (series[b] ?? 0));
}

function rise(heap: Heap, sign: number): void {
  let child = heap.values.length - 1;
  while (child > 0) {
    const parent = (child - 1) >> 1;
    if (!isWorse(heap, child, parent, sign)) return;
    swap(heap, child, parent);
    child = parent;
  }
}

function sink(heap: Heap, sign: number): void {
  const { length } = heap.values;
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
  [values[a], values[b]] = [values[b] ?? 0, values[a] ?? 0];
  [series[a], series[b]] = [series[b] ?? 0, series[a] ?? 0];
}

/** Chosen series in the order in which they were found, group by group, best first: the order of an instant result. */
function resultOf({ heaps, limits, sign }: Search, series: SeriesList): Chunk {
  const places = new Map<number, number>();
  const ranked = heaps.map((heap = { values: [], series: [] }) =>
    heap.series
      .map((number, i) => ({ number, value: heap.values[i] ?? 0 }))
      .sort((a, b) => compareValues(a.value, b.value, sign) || a.number - b.number),
  );
  for (const best of ranked)
    for (const { number } of best ?? []) if (!places.has(number)) places.set(number, places.size);
  const result = emptyChunk(pickedSeries(series, [...places.keys()]), limits.length);
  ranked.forEach((best, slot) => {
    const step = slot % limits.length;
    for (const { number, value } of best)
      putFloat(result, step, step * result.width + (places.get(number) ?? 0), value);
  });
  return result;
}
