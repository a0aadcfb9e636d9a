import type { Histogram } from '../model/histogram.ts';
import {
  dropLabels,
  keepLabels,
  type LabelPair,
  type Labels,
  labelValue,
  METADATA_LABELS,
  overrideLabels,
} from '../model/labels.ts';
import { HISTOGRAM, MISSING } from '../series/cells.ts';
import { operationOf } from './arithmetic.ts';
import type { BinaryExpr, VectorMatching } from './ast.ts';
import { type Chunk, cellKind, emptyChunk, isEmptyStep, openStep, putFloat, putHistogram } from './chunk.ts';
import type { Evaluation } from './evaluation.ts';
import { type Operand, operateOnHistograms } from './histogram-operators.ts';
import { printLabels } from './label-text.ts';
import { type LastRemarks, lastRemarks } from './last-remarks.ts';
import { createGroupIndex, type GroupIndex, labelledSeries } from './series-list.ts';
import { QueryError } from './value.ts';

/**
 * An operator between two vectors, one-to-one or many-to-one. The "many" side is the left one unless group_right was
 * written; in one-to-one matching it is the left side too. Matching is found once per series, not per sample.
 */
export function matchVectors(evaluation: Evaluation, node: BinaryExpr, lhs: Chunk, rhs: Chunk): Chunk {
  const { matching } = node;
  if (matching === null) throw new Error(`vectors without matching: ${node.op}`);
  const groups = createGroupIndex({ labels: matching.labels, without: !matching.on });
  const swapped = matching.card === 'one-to-many';
  const [many, one] = swapped ? [rhs, lhs] : [lhs, rhs];
  // As in Prometheus, group_right swaps the sides before they are filled: fill_left is for the "many" side then too.
  const join: Join = {
    remarks: lastRemarks(evaluation.annotations),
    node,
    matching,
    swapped,
    groups,
    many: {
      chunk: many,
      groups: groups.numbersOf(many.series).slice(),
      fill: matching.fillLeft,
    },
    one: {
      chunk: one,
      groups: groups.numbersOf(one.series).slice(),
      fill: matching.fillRight,
    },
    outputs: createOutputs(lhs.steps, matching.card === 'one-to-one'),
    operate: operator(node, swapped),
    onlyFloats: many.histograms === null && one.histograms === null && operationOf(node.op).kind !== 'trim',
  };
  openAll(many);
  openAll(one);
  const pairing = createPairing(evaluation, join);
  const state = createStepState(join);
  for (let step = 0; step < lhs.steps; step++) {
    matchStep(join, pairing, state, step);
    join.remarks.flush();
  }
  return join.outputs.chunk(pairing);
}

interface Side {
  readonly chunk: Chunk;
  /** Match group of each series. */
  readonly groups: Int32Array;
  /** Value for series missing on this side, or null. */
  readonly fill: number | null;
}

interface Join {
  readonly remarks: LastRemarks;
  readonly node: BinaryExpr;
  readonly matching: VectorMatching;
  /** The "many" side is the right one. */
  readonly swapped: boolean;
  readonly groups: GroupIndex;
  readonly many: Side;
  readonly one: Side;
  readonly outputs: Outputs;
  /** The result for floats of the many and the one side, or null when a filter drops it. */
  operate(many: number, one: number): number | null;
  /** No native histogram is among the operands, and none is what the operator is for. */
  readonly onlyFloats: boolean;
}

function openAll(chunk: Chunk): void {
  for (let step = 0; step < chunk.steps; step++) openStep(chunk, step);
}

function operator(node: BinaryExpr, swapped: boolean): Join['operate'] {
  const operation = operationOf(node.op);
  if (operation.kind === 'arithmetic') {
    const { apply } = operation;
    return swapped ? (many, one) => apply(one, many) : apply;
  }
  if (operation.kind === 'trim') return () => null;
  if (operation.kind !== 'comparison') throw new Error(`${node.op} does not match vectors`);
  const { holds } = operation;
  if (node.bool) return (many, one) => ((swapped ? holds(one, many) : holds(many, one)) ? 1 : 0);
  return swapped ? (many, one) => (holds(one, many) ? one : null) : (many, one) => (holds(many, one) ? many : null);
}

interface StepState {
  /** By match group: the series of the one side that has a sample, or -1. */
  readonly oneOf: Int32Array;
  /** By match group: 1 when the many side had a sample. */
  readonly matched: Uint8Array;
}

function createStepState({ groups }: Join): StepState {
  return { oneOf: new Int32Array(groups.count), matched: new Uint8Array(groups.count) };
}

const NOBODY = -1;

function matchStep(join: Join, pairing: Pairing, state: StepState, step: number): void {
  const { many, one } = join;
  // With one side empty nothing is looked at, not even duplicates on the other, unless something is to be filled in.
  const mayFill = many.fill !== null || one.fill !== null;
  if (!mayFill && (hasNoSample(many.chunk, step) || hasNoSample(one.chunk, step))) return;
  indexOneSide(join, state, step);
  state.matched.fill(0);
  for (let series = 0; series < many.chunk.width; series++) {
    const cell = step * many.chunk.width + series;
    if (cellKind(many.chunk, step, cell) === MISSING) continue;
    const group = many.groups[series] ?? 0;
    const partner = state.oneOf[group] ?? NOBODY;
    if (partner === NOBODY && one.fill === null) continue;
    state.matched[group] = 1;
    combine(join, pairing, { step, group, many: series, one: partner });
  }
  if (many.fill === null) return;
  for (let series = 0; series < one.chunk.width; series++) {
    const group = one.groups[series] ?? 0;
    const isPresent = state.oneOf[group] === series;
    if (isPresent && state.matched[group] === 0) combine(join, pairing, { step, group, many: NOBODY, one: series });
  }
}

function hasNoSample(chunk: Chunk, step: number): boolean {
  if (chunk.histograms === null) return isEmptyStep(chunk, step);
  const from = step * chunk.width;
  return chunk.cells.subarray(from, from + chunk.width).every((kind) => kind === MISSING);
}

function explicitMatchNeeded(): QueryError {
  return new QueryError('multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)');
}

function uniqueMatchNeeded(): QueryError {
  return new QueryError('multiple matches for labels: grouping labels must ensure unique matches');
}

function indexOneSide(join: Join, { oneOf }: StepState, step: number): void {
  const { chunk, groups } = join.one;
  oneOf.fill(NOBODY);
  for (let series = 0; series < chunk.width; series++) {
    if (cellKind(chunk, step, step * chunk.width + series) === MISSING) continue;
    const group = groups[series] ?? 0;
    const known = oneOf[group] ?? NOBODY;
    if (known !== NOBODY) throw duplicateSeries(join, group, [known, series]);
    oneOf[group] = series;
  }
}

function duplicateSeries(join: Join, group: number, both: readonly number[]): QueryError {
  const side = join.swapped ? 'left' : 'right';
  const series = both.map((index) => printLabels(join.one.chunk.series.labels(index))).sort();
  return new QueryError(
    `found duplicate series for the match group ${printLabels(join.groups.labels(group))} on the ${side} hand-side of the operation: ` +
      `[${series.join(', ')}];many-to-many matching not allowed: matching labels must be unique on one side`,
  );
}

interface Match {
  readonly step: number;
  readonly group: number;
  /** Series of each side; NOBODY where it is filled in. */
  readonly many: number;
  readonly one: number;
}

// What a filter drops counts as a match all the same (3.5 still saw it otherwise), so that errors do not come and go with values.
function combine(join: Join, pairing: Pairing, match: Match): void {
  const output = pairing.output(match);
  join.outputs.claim(output, match);
  const { many, one } = join;
  const result = join.onlyFloats
    ? join.operate(floatAt(many, match.step, match.many), floatAt(one, match.step, match.one))
    : operateOn(join, operandAt(many, match.step, match.many), operandAt(one, match.step, match.one));
  if (result !== null) join.outputs.put(output, match, result);
}

function floatAt(side: Side, step: number, series: number): number {
  if (series === NOBODY) return side.fill ?? Number.NaN;
  return side.chunk.values[step * side.chunk.width + series] ?? Number.NaN;
}

function operandAt(side: Side, step: number, series: number): Operand {
  const { chunk } = side;
  const cell = step * chunk.width + series;
  const isHistogram = series !== NOBODY && chunk.cells[cell] === HISTOGRAM;
  return (isHistogram ? chunk.histograms?.get(cell) : undefined) ?? floatAt(side, step, series);
}

function operateOn({ node, swapped, operate, remarks }: Join, many: Operand, one: Operand): Operand | null {
  const areFloats = typeof many === 'number' && typeof one === 'number';
  if (areFloats && operationOf(node.op).kind !== 'trim') return operate(many, one);
  const [lhs, rhs] = swapped ? [one, many] : [many, one];
  return remarks.of((said) => operateOnHistograms(node, lhs, rhs, said));
}

/** Which output series a pair of input series belongs to. */
interface Pairing {
  output(match: Match): number;
  labels(output: number): Labels;
  isMarked(output: number): boolean;
  readonly count: number;
}

function createPairing(evaluation: Evaluation, join: Join): Pairing {
  const labelSets: Labels[] = [];
  const marks: boolean[] = [];
  const byKey = new Map<string, number>();
  const known = new Map<number, number>();
  const lastOne = new Int32Array(join.many.chunk.width).fill(-2);
  const lastOutput = new Int32Array(join.many.chunk.width);
  const delayed = evaluation.options.delayedNameRemoval;
  const find = (match: Match): number => {
    const pair = (match.many + 1) * (join.one.chunk.width + 1) + match.one + 1;
    let output = known.get(pair);
    if (output !== undefined) return output;
    const labels = resultLabels(join, match, delayed);
    output = byKey.get(labels.key) ?? labelSets.push(labels) - 1;
    byKey.set(labels.key, output);
    known.set(pair, output);
    // Arithmetic has removed the name already; one that group_left brings along stays, and so does what passes a filter.
    marks[output] = delayed && join.node.bool;
    return output;
  };
  return {
    output(match) {
      if (match.many === NOBODY) return find(match);
      if (lastOne[match.many] === match.one) return lastOutput[match.many] ?? 0;
      const output = find(match);
      lastOne[match.many] = match.one;
      lastOutput[match.many] = output;
      return output;
    },
    labels: (output) => labelSets[output] ?? join.groups.labels(0),
    isMarked: (output) => marks[output] === true,
    get count() {
      return labelSets.length;
    },
  };
}

/** Whether the result keeps the name of the left side. */
function isFilter({ op }: BinaryExpr): boolean {
  const { kind } = operationOf(op);
  return kind === 'comparison' || kind === 'trim';
}

function resultLabels(join: Join, { group, many, one }: Match, delayed: boolean): Labels {
  const { matching, node } = join;
  let labels = many === NOBODY ? join.groups.labels(group) : join.many.chunk.series.labels(many);
  const isLess = node.bool && !delayed;
  if (!isFilter(node) || isLess) labels = dropLabels(labels, METADATA_LABELS);
  const listed = new Set(matching.labels);
  if (matching.card === 'one-to-one') labels = matching.on ? keepLabels(labels, listed) : dropLabels(labels, listed);
  if (matching.include.length === 0) return labels;
  const source = one === NOBODY ? join.groups.labels(group) : join.one.chunk.series.labels(one);
  const included = matching.include.filter((name) => !isLess || !METADATA_LABELS.has(name));
  return overrideLabels(
    labels,
    included.map((name): LabelPair => [name, labelValue(source, name)]),
  );
}

/** Results by output series; its arrays grow with the number of series. Slots are output * steps + step. */
interface Outputs {
  /** Throws when another match of the step has the same group and output, or in one-to-one matching the same group. */
  claim(output: number, match: Match): void;
  /** Throws when another match of the step has the same output. */
  put(output: number, match: Match, value: Operand): void;
  chunk(pairing: Pairing): Chunk;
}

function createOutputs(steps: number, isOneToOne: boolean): Outputs {
  let values = new Float64Array(steps * 8);
  let present = new Uint8Array(steps * 8);
  const histograms = new Map<number, Histogram>();
  /** By output, the step and the match group that last claimed it. */
  let claimedAt = new Int32Array(8).fill(-1);
  let claimedBy = new Int32Array(8);
  /** By match group, the step of its last match. */
  const lastStepOf: number[] = [];
  const reserve = (output: number): void => {
    if (output < claimedAt.length) return;
    const size = Math.max(output + 1, claimedAt.length * 2);
    values = enlarged(values, new Float64Array(size * steps));
    present = enlarged(present, new Uint8Array(size * steps));
    claimedAt = enlarged(claimedAt, new Int32Array(size).fill(-1));
    claimedBy = enlarged(claimedBy, new Int32Array(size));
  };
  return {
    claim(output, { step, group }) {
      reserve(output);
      if (isOneToOne && lastStepOf[group] === step) throw explicitMatchNeeded();
      if (claimedAt[output] === step && claimedBy[output] === group) throw uniqueMatchNeeded();
      lastStepOf[group] = step;
      claimedAt[output] = step;
      claimedBy[output] = group;
    },
    put(output, { step }, value) {
      const slot = output * steps + step;
      if (present[slot] === 1) throw new QueryError('vector cannot contain metrics with the same labelset');
      present[slot] = 1;
      if (typeof value === 'number') values[slot] = value;
      else histograms.set(slot, value);
    },
    chunk(pairing) {
      const labels = Array.from({ length: pairing.count }, (_, output) => pairing.labels(output));
      const marked = Uint8Array.from(labels, (_, output) => (pairing.isMarked(output) ? 1 : 0));
      const chunk = emptyChunk(labelledSeries(labels, marked), steps);
      for (let slot = 0; slot < pairing.count * steps; slot++) {
        if (present[slot] !== 1) continue;
        const step = slot % steps;
        const cell = step * chunk.width + (slot - step) / steps;
        const histogram = histograms.get(slot);
        if (histogram === undefined) putFloat(chunk, step, cell, values[slot] ?? 0);
        else putHistogram(chunk, step, cell, histogram);
      }
      return chunk;
    },
  };
}

function enlarged<T extends Float64Array | Uint8Array | Int32Array>(known: T, longer: T): T {
  longer.set(known);
  return longer;
}
