import type { Histogram } from '../model/histogram.ts';
import { METRIC_NAME } from '../model/labels.ts';
import { FLOAT, HISTOGRAM } from '../series/cells.ts';
import {
  type Accumulator,
  createCount,
  createExtreme,
  createMean,
  createPresence,
  createSum,
  createVariance,
} from './accumulators.ts';
import type { Aggregation, AggregationOperator } from './ast.ts';
import {
  type Chunk,
  type ChunkMaker,
  cellKind,
  emptyCells,
  presentCells,
  putHistogram,
  withChunkMaker,
} from './chunk.ts';
import type { Evaluation, Vector } from './evaluation.ts';
import { boundsReconciled, mixedSchemas, resetsCollided } from './histogram-remarks.ts';
import { createHistogramMean, createHistogramSum, type HistogramTotal } from './histogram-sum.ts';
import { createSeriesGrouper, type SeriesGrouper, type SeriesGroups } from './series-groups.ts';
import { createGroupIndex, type GroupIndex, labelledSeries, metricNameOf } from './series-list.ts';

/** The aggregations that fold each group into one number. */
export type FoldOperator = Extract<
  AggregationOperator,
  'sum' | 'avg' | 'count' | 'min' | 'max' | 'group' | 'stddev' | 'stdvar'
>;

interface Fold {
  create(): Accumulator;
  /** What happens to native histograms in the group: they count like any sample, are left out, or are folded by this. */
  readonly histograms: 'counted' | 'ignored' | ((first: Histogram) => HistogramTotal);
}

const folds = {
  sum: { create: createSum, histograms: createHistogramSum },
  avg: { create: createMean, histograms: createHistogramMean },
  count: { create: createCount, histograms: 'counted' },
  group: { create: createPresence, histograms: 'counted' },
  min: { create: () => createExtreme(false), histograms: 'ignored' },
  max: { create: () => createExtreme(true), histograms: 'ignored' },
  stddev: { create: () => createVariance(true), histograms: 'ignored' },
  stdvar: { create: () => createVariance(false), histograms: 'ignored' },
} satisfies Record<FoldOperator, Fold>;

export function isFold(op: AggregationOperator): op is FoldOperator {
  return op in folds;
}

/** sum, avg, count, min, max, group, stddev and stdvar: one sample per group and step. */
export function foldGroups(evaluation: Evaluation, node: Aggregation, op: FoldOperator): Vector {
  return {
    kind: 'vector',
    distinct: !node.grouping.some((label) => label === METRIC_NAME),
    each(consume) {
      const state = createFoldState(evaluation, node, folds[op]);
      evaluation.vector(node.expr).each((chunk) => addChunk(state, chunk));
      withChunkMaker(({ make }) => {
        const result = finish(state, make);
        if (result !== null) consume(result);
      });
    },
  };
}

/** Slots are numbered group by group: slot = group * steps + step. */
interface FoldState {
  readonly evaluation: Evaluation;
  readonly node: Aggregation;
  readonly fold: Fold;
  readonly groups: GroupIndex;
  readonly grouper: SeriesGrouper;
  readonly accumulator: Accumulator;
  readonly steps: number;
  /** Per slot, 1 when it has a float, or a sample that counts as one. */
  present: Uint8Array;
  /** By slot, the total of its histograms; null when a float came before them, which makes any total impossible. */
  readonly totals: Map<number, HistogramTotal | null>;
  /** Slots in which histograms that cannot be added met before any float came: what came later was not looked at. */
  readonly closed: Set<number>;
  /** Per group, 1 when one of its series is to lose its name. */
  marked: Uint8Array;
}

function createFoldState(evaluation: Evaluation, node: Aggregation, fold: Fold): FoldState {
  return {
    evaluation,
    node,
    fold,
    groups: createGroupIndex({ labels: node.grouping, without: node.without }),
    grouper: createSeriesGrouper(evaluation.steps.count),
    accumulator: fold.create(),
    steps: evaluation.steps.count,
    present: new Uint8Array(0),
    totals: new Map(),
    closed: new Set(),
    marked: new Uint8Array(0),
  };
}

function addChunk(state: FoldState, chunk: Chunk): void {
  const { accumulator, steps } = state;
  const numbers = state.groups.numbersOf(chunk.series);
  const groups = state.grouper.group(numbers, chunk.width, state.groups.count);
  reserve(state);
  markGroups(state, chunk, numbers);
  if (chunk.histograms !== null) addHistograms(state, chunk, numbers);
  let step = 0;
  while (step < steps) {
    const end = endOfRegular(chunk, step);
    if (end > step) accumulator.addRows(chunk.values, groups, step, end);
    else addIrregularStep(state, chunk, numbers, step);
    step = Math.max(end, step + 1);
  }
  markRegularSteps(state, chunk, groups);
}

/** The first step from `step` on that has not only floats. */
function endOfRegular({ irregular, steps }: Chunk, step: number): number {
  let end = step;
  while (end < steps && irregular[end] === 0) end++;
  return end;
}

/** Where a step has only floats, every group of the chunk has one. */
function markRegularSteps({ present, steps }: FoldState, chunk: Chunk, { count, slots }: SeriesGroups): void {
  for (let i = 0; i < count; i++) {
    const slot = slots[i] ?? 0;
    for (let step = 0; step < steps; step++) if (chunk.irregular[step] === 0) present[slot + step] = 1;
  }
}

function reserve(state: FoldState): void {
  const slots = state.groups.count * state.steps;
  state.accumulator.reserve(slots);
  if (slots <= state.present.length) return;
  const present = new Uint8Array(Math.max(slots, state.present.length * 2));
  present.set(state.present);
  state.present = present;
}

function markGroups(state: FoldState, chunk: Chunk, groups: Int32Array): void {
  if (state.groups.count > state.marked.length) {
    const marked = new Uint8Array(state.groups.count * 2);
    marked.set(state.marked);
    state.marked = marked;
  }
  for (let i = 0; i < chunk.width; i++) if (chunk.series.isMarked(i)) state.marked[groups[i] ?? 0] = 1;
}

function addIrregularStep(state: FoldState, chunk: Chunk, groups: Int32Array, step: number): void {
  if (chunk.irregular[step] === chunk.width) return;
  const from = step * chunk.width;
  for (let i = 0; i < chunk.width; i++) {
    if (chunk.cells[from + i] !== FLOAT) continue;
    const slot = (groups[i] ?? 0) * state.steps + step;
    state.accumulator.addOne(chunk.values[from + i] ?? 0, slot);
    state.present[slot] = 1;
  }
}

function addHistograms(state: FoldState, chunk: Chunk, groups: Int32Array): void {
  const { node, fold } = state;
  for (const [cell, histogram] of chunk.histograms ?? []) {
    const step = Math.floor(cell / chunk.width);
    if (cellKind(chunk, step, cell) !== HISTOGRAM) continue;
    const series = cell - step * chunk.width;
    const slot = (groups[series] ?? 0) * state.steps + step;
    if (fold.histograms === 'counted') {
      state.accumulator.addOne(Number.NaN, slot);
      state.present[slot] = 1;
    } else if (fold.histograms === 'ignored') {
      state.evaluation.annotations.inform(`ignored histogram in ${node.op} aggregation`, node.expr.span);
    } else if (!state.totals.has(slot)) {
      const isLate = state.present[slot] === 1 || hasFloatBefore(chunk, groups, step, series);
      state.totals.set(slot, isLate ? null : fold.histograms(histogram));
    } else {
      const hasFloat = (): boolean => state.present[slot] === 1 || hasFloatBefore(chunk, groups, step, series);
      addToTotal(state, slot, { histogram, hasFloat, metricName: () => metricNameOf(chunk.series, series) });
    }
  }
}

interface Addend {
  readonly histogram: Histogram;
  /** Whether the group had a float before it. */
  hasFloat(): boolean;
  metricName(): string;
}

/** Whether an earlier series of the same group has a float at a step. */
function hasFloatBefore(chunk: Chunk, groups: Int32Array, step: number, series: number): boolean {
  for (let i = 0; i < series; i++) {
    if (groups[i] === groups[series] && cellKind(chunk, step, step * chunk.width + i) === FLOAT) return true;
  }
  return false;
}

function addToTotal(state: FoldState, slot: number, { histogram, hasFloat, metricName }: Addend): void {
  const { totals, evaluation, node } = state;
  const known = totals.get(slot) ?? null;
  if (known === null || !known.isPossible) return;
  known.add(histogram);
  if (known.isPossible) return;
  evaluation.annotations.warn(mixedSchemas(metricName()), node.expr.span);
  if (!hasFloat()) state.closed.add(slot);
}

/** Writes the results of all slots that have floats and no histograms. */
function putFloats({ accumulator, groups, present, steps, totals }: FoldState, result: Chunk): void {
  const { values, cells, irregular, width } = result;
  const hasTotals = totals.size > 0;
  for (let group = 0; group < groups.count; group++) {
    for (let step = 0; step < steps; step++) {
      const slot = group * steps + step;
      if (present[slot] !== 1 || (hasTotals && totals.has(slot))) continue;
      values[step * width + group] = accumulator.result(slot);
      cells[step * width + group] = FLOAT;
      irregular[step] = (irregular[step] ?? 0) - 1;
    }
  }
}

function finish(state: FoldState, make: ChunkMaker['make']): Chunk | null {
  const { groups, steps } = state;
  if (groups.count === 0) return null;
  const labels = Array.from({ length: groups.count }, (_, group) => groups.labels(group));
  const result = make(labelledSeries(labels, state.marked), steps);
  emptyCells(result);
  putFloats(state, result);
  state.accumulator.release();
  for (const [slot, total] of state.totals) {
    const histogram = finishTotal(state, slot, total);
    const step = slot % steps;
    if (histogram !== null) putHistogram(result, step, step * result.width + (slot - step) / steps, histogram);
  }
  state.evaluation.budget.hold(presentCells(result));
  return result;
}

/** What the histograms of a slot come to; null when it has floats too, or histograms that cannot be added. */
function finishTotal(state: FoldState, slot: number, total: HistogramTotal | null): Histogram | null {
  const { annotations } = state.evaluation;
  const place = state.node.expr.span;
  if (total?.boundsReconciled === true) annotations.inform(boundsReconciled('aggregation'), place);
  if (state.closed.has(slot)) return null;
  if (total === null || state.present[slot] === 1) {
    annotations.warn('encountered a mix of histograms and floats for aggregation', place);
    return null;
  }
  if (!total.isPossible) return null;
  if (total.resetsCollide) annotations.warn(resetsCollided('aggregation'), place);
  return total.result();
}
