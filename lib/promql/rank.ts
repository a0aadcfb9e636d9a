import type { Span } from '../model/issue.ts';
import { type Labels, METRIC_NAME, overrideLabels } from '../model/labels.ts';
import { FLOAT, HISTOGRAM, MISSING } from '../series/cells.ts';
import type { Aggregation } from './ast.ts';
import { type Chunk, cellKind, emptyChunk, openStep, presentCells, putFloat, removeCell } from './chunk.ts';
import { withCollected } from './collect.ts';
import type { Evaluation, Vector } from './evaluation.ts';
import { goMax, goMin } from './functions/elementwise.ts';
import { formatGeneral } from './go-format.ts';
import { printHistogram } from './histogram-text.ts';
import { hashFraction } from './label-hash.ts';
import { printNumber } from './number-text.ts';
import { withoutParens } from './parentheses.ts';
import { quantile } from './quantile.ts';
import { quoteString } from './quote.ts';
import { createGroupIndex, labelledSeries } from './series-list.ts';
import { QueryError } from './value.ts';

/** The series of each group of a collected chunk, in input order. */
interface Groups {
  readonly members: readonly Int32Array[];
  readonly chunk: Chunk;
  labelsOf(group: number): Labels;
}

function groupSeries(node: Aggregation, chunk: Chunk): Groups {
  const index = createGroupIndex({ labels: node.grouping, without: node.without });
  const numbers = index.numbersOf(chunk.series);
  const members: number[][] = Array.from({ length: index.count }, () => []);
  for (let series = 0; series < chunk.width; series++) members[numbers[series] ?? 0]?.push(series);
  return { members: members.map((group) => Int32Array.from(group)), chunk, labelsOf: (group) => index.labels(group) };
}

/** Collects the operand and hands its groups on; holds no more than that. */
function overGroups(evaluation: Evaluation, node: Aggregation, compute: (groups: Groups) => Chunk): Vector {
  const vector = evaluation.vector(node.expr);
  const isSelection = node.op !== 'quantile' && node.op !== 'count_values';
  return {
    kind: 'vector',
    distinct: isSelection ? vector.distinct : !node.grouping.includes(METRIC_NAME),
    each(consume) {
      withCollected(evaluation, vector, (chunk) => consume(compute(groupSeries(node, chunk))));
    },
  };
}

function parameter(evaluation: Evaluation, node: Aggregation): Float64Array {
  if (node.param === null) throw new Error(`${node.op} takes a parameter`);
  return evaluation.scalar(node.param);
}

function parameterPlace({ param, span }: Aggregation): Span {
  return param === null ? span : withoutParens(param).span;
}

/** The k of topk, bottomk and limitk at each step, as it was written. */
export interface Limits {
  /** No step lets anything through. */
  readonly none: boolean;
  /** Whole numbers. Throws the query's error for what is none; to be asked only when there is something to choose from. */
  checked(): Float64Array;
  /** Throws the query's error for NaN; to be asked when the operand has been computed, whatever there is to choose from. */
  refuseNaN(): void;
}

/** The limits of a ranking. */
export function limitsOf(evaluation: Evaluation, node: Aggregation): Limits {
  const values = parameter(evaluation, node);
  return {
    none: values.every((value) => value < 1),
    checked: () => values.map(checkCount),
    refuseNaN() {
      if (values.some(Number.isNaN)) throw new QueryError('Parameter value is NaN');
    },
  };
}

function checkCount(value: number): number {
  if (Number.isNaN(value)) throw new QueryError('Parameter value is NaN');
  if (value >= 2 ** 63) throw new QueryError(`Scalar value ${formatGeneral(value)} overflows int64`);
  if (value <= -(2 ** 63)) throw new QueryError(`Scalar value ${formatGeneral(value)} underflows int64`);
  return Math.trunc(value);
}

/** Says once that native histograms are left out. */
export function noteIgnored(evaluation: Evaluation, node: Aggregation, chunk: Chunk): void {
  for (const cell of chunk.histograms?.keys() ?? []) {
    if (chunk.cells[cell] !== HISTOGRAM) continue;
    const place = node.op === 'quantile' ? node.expr.span : node.span;
    evaluation.annotations.inform(`ignored histogram in ${node.op} aggregation`, place);
  }
}

function keepChosen(chunk: Chunk, chosen: Uint8Array): void {
  for (let step = 0; step < chunk.steps; step++) {
    openStep(chunk, step);
    for (let i = step * chunk.width; i < (step + 1) * chunk.width; i++) {
      if (chosen[i] === 0) removeCell(chunk, step, i);
    }
  }
}

/** quantile: of the values of each group. */
export function quantileOfGroups(evaluation: Evaluation, node: Aggregation): Vector {
  const quantiles = parameter(evaluation, node);
  return overGroups(evaluation, node, (groups) => {
    const { members, chunk } = groups;
    warnOutside(evaluation, outliersOf(quantiles, { low: 0, high: 1 }), parameterPlace(node));
    noteIgnored(evaluation, node, chunk);
    const labels = members.map((_, group) => groups.labelsOf(group));
    const result = emptyChunk(labelledSeries(labels, marksOf(groups)), chunk.steps);
    for (let step = 0; step < chunk.steps; step++) {
      members.forEach((group, number) => {
        const values = floatsOf(chunk, step, group);
        const cell = step * result.width + number;
        if (values.length > 0) putFloat(result, step, cell, quantile(quantiles[step] ?? Number.NaN, values));
      });
    }
    return result;
  });
}

interface Bounds {
  readonly low: number;
  readonly high: number;
}

/**
 * What Prometheus remarks on of a parameter that differs from step to step: NaN if it is among the values, the most if it is
 * above the bounds and the least if it is below. Beside NaN only infinity is found, as with Go's Max and Min.
 */
function outliersOf(values: Float64Array, { high, low }: Bounds): Float64Array {
  const most = values.reduce((a, b) => goMax(a, b), -Number.MAX_VALUE);
  const least = values.reduce((a, b) => goMin(a, b), Number.MAX_VALUE);
  const nan = values.some(Number.isNaN) ? [Number.NaN] : [];
  return Float64Array.from([...nan, ...(most > high ? [most] : []), ...(least < low ? [least] : [])]);
}

/** Says which quantiles are none. After the operand, so that of nested ones the outermost is remembered. */
export function warnOutside(evaluation: Evaluation, quantiles: Float64Array, place: Span): void {
  for (const q of quantiles) {
    if (q >= 0 && q <= 1) continue;
    evaluation.annotations.warn(`quantile value should be between 0 and 1, got ${formatGeneral(q)}`, place);
  }
}

function marksOf({ members, chunk }: Groups): Uint8Array {
  return Uint8Array.from(members, (group) => (group.some((series) => chunk.series.isMarked(series)) ? 1 : 0));
}

function floatsOf(chunk: Chunk, step: number, group: Int32Array): Float64Array {
  const base = step * chunk.width;
  const values = new Float64Array(group.length);
  let count = 0;
  for (const series of group) {
    if (cellKind(chunk, step, base + series) === FLOAT) values[count++] = chunk.values[base + series] ?? 0;
  }
  return values.subarray(0, count);
}

/** count_values: how many series of each group have a value, by value. */
export function countValues(evaluation: Evaluation, node: Aggregation): Vector {
  if (node.param === null) throw new Error('count_values takes a label name');
  const label = evaluation.text(node.param);
  if (label === '' || /\p{Surrogate}/u.test(label)) throw new QueryError(`invalid label name ${quoteString(label)}`);
  // `without` removes the label as soon as it has been set.
  const shown = node.without && node.grouping.includes(label) ? null : label;
  return overGroups(evaluation, node, (groups) => countByText(evaluation, groups, shown));
}

/** How many series of a group have one value. */
interface ValueCount {
  readonly labels: Labels;
  readonly bySteps: Float64Array;
}

function countByText({ budget }: Evaluation, groups: Groups, label: string | null): Chunk {
  const { members, chunk } = groups;
  const counts = new Map<string, ValueCount>();
  const countOf = (group: number, text: string): ValueCount => {
    const own = groups.labelsOf(group);
    const labels = label === null ? own : overrideLabels(own, [[label, text]]);
    const known = counts.get(labels.key);
    if (known !== undefined) return known;
    // Each value takes room at all steps, present or not.
    budget.hold(chunk.steps);
    const count = { labels, bySteps: new Float64Array(chunk.steps) };
    counts.set(labels.key, count);
    return count;
  };
  members.forEach((group, number) => {
    const byText = new Map<string, ValueCount>();
    for (const [step, series] of presentCellsOf(chunk, group)) {
      const cell = step * chunk.width + series;
      const histogram = cellKind(chunk, step, cell) === HISTOGRAM ? chunk.histograms?.get(cell) : undefined;
      const text = histogram === undefined ? printNumber(chunk.values[cell] ?? 0) : printHistogram(histogram);
      const count = byText.get(text) ?? countOf(number, text);
      byText.set(text, count);
      count.bySteps[step] = (count.bySteps[step] ?? 0) + 1;
    }
  });
  const all = [...counts.values()];
  // Names that are values do not go with those of the series, nor do others: Prometheus forgets here which were to be removed.
  const result = emptyChunk(labelledSeries(all.map(({ labels }) => labels)), chunk.steps);
  all.forEach(({ bySteps }, series) => {
    bySteps.forEach((count, step) => {
      if (count > 0) putFloat(result, step, step * result.width + series, count);
    });
  });
  return result;
}

function* presentCellsOf(chunk: Chunk, group: Int32Array): Generator<readonly [step: number, series: number]> {
  for (let step = 0; step < chunk.steps; step++) {
    for (const series of group) {
      if (cellKind(chunk, step, step * chunk.width + series) !== MISSING) yield [step, series];
    }
  }
}

/** limitk: the first series of each group. */
export function firstSeries(evaluation: Evaluation, node: Aggregation): Vector {
  const limits = limitsOf(evaluation, node);
  return overGroups(evaluation, node, ({ members, chunk }) => {
    limits.refuseNaN();
    const chosen = new Uint8Array(chunk.width * chunk.steps);
    const isEmpty = limits.none || presentCells(chunk) === 0;
    const most = isEmpty ? [] : limits.checked().map((limit) => Math.min(limit, chunk.width));
    const left = new Int32Array(chunk.steps);
    for (const group of members) {
      left.set(most);
      for (const [step, series] of presentCellsOf(chunk, group)) {
        const open = left[step] ?? 0;
        if (open < 1) continue;
        left[step] = open - 1;
        chosen[step * chunk.width + series] = 1;
      }
    }
    keepChosen(chunk, chosen);
    return chunk;
  });
}

/** limit_ratio: a share of all series, chosen by a hash of their labels: ratios r and r - 1 complement each other. */
export function shareOfSeries(evaluation: Evaluation, node: Aggregation): Vector {
  const asked = parameter(evaluation, node);
  const ratios = asked.map(cappedRatio);
  return overGroups(evaluation, node, ({ chunk }) => {
    if (asked.some(Number.isNaN)) throw new QueryError('Ratio value is NaN');
    for (const ratio of outliersOf(asked, { low: -1, high: 1 })) noteCapped(evaluation, node, ratio);
    const chosen = new Uint8Array(chunk.width * chunk.steps);
    for (let series = 0; series < chunk.width; series++) {
      const fraction = hashFraction(chunk.series.labels(series));
      ratios.forEach((ratio, step) => {
        if (ratio >= 0 ? fraction < ratio : fraction >= 1 + ratio) chosen[step * chunk.width + series] = 1;
      });
    }
    keepChosen(chunk, chosen);
    return chunk;
  });
}

function cappedRatio(ratio: number): number {
  return Math.min(1, Math.max(-1, ratio));
}

function noteCapped(evaluation: Evaluation, node: Aggregation, ratio: number): void {
  const capped = cappedRatio(ratio);
  if (capped === ratio) return;
  const text = `ratio value should be between -1 and 1, got ${formatGeneral(ratio)}, capping to ${formatGeneral(capped)}`;
  evaluation.annotations.warn(text, parameterPlace(node));
}
