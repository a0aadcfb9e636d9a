import type { Histogram } from '../model/histogram.ts';
import { FLOAT, HISTOGRAM } from '../series/cells.ts';
import { type Operation, operationOf } from './arithmetic.ts';
import type { BinaryExpr, UnaryExpr } from './ast.ts';
import { type Chunk, cellKind, openStep, presentCells, putFloat, putHistogram, removeCell } from './chunk.ts';
import { collect } from './collect.ts';
import type { Evaluation, Scalar, Value, Vector } from './evaluation.ts';
import { scaleHistogram } from './histogram-algebra.ts';
import { operateOnHistograms } from './histogram-operators.ts';
import { matchVectors } from './matching.ts';
import { dropNames, mergedVector } from './names.ts';
import { compareFloats, computeFloats, filterFloats, type ScalarOperand } from './scalar-operand.ts';
import { combineSets } from './sets.ts';

/** Evaluates a binary operator on scalars, on a vector and a scalar, or on two vectors. */
export function evaluateBinary(evaluation: Evaluation, node: BinaryExpr): Value {
  const lhs = evaluation.value(node.lhs);
  const rhs = evaluation.value(node.rhs);
  const operation = operationOf(node.op);
  if (lhs.kind === 'scalar' && rhs.kind === 'scalar') return betweenScalars(operation, lhs, rhs);
  if (lhs.kind === 'vector' && rhs.kind === 'scalar') {
    return withScalar(evaluation, node, { vector: lhs, scalar: rhs.values, vectorFirst: true });
  }
  if (lhs.kind === 'scalar' && rhs.kind === 'vector') {
    return withScalar(evaluation, node, { vector: rhs, scalar: lhs.values, vectorFirst: false });
  }
  if (lhs.kind === 'vector' && rhs.kind === 'vector') return betweenVectors(evaluation, node, lhs, rhs);
  throw new Error(`no operator ${node.op} between ${lhs.kind} and ${rhs.kind}`);
}

function betweenScalars(operation: Operation, lhs: Scalar, rhs: Scalar): Scalar {
  return { kind: 'scalar', values: lhs.values.map((value, step) => between(operation, value, rhs.values[step] ?? 0)) };
}

function between(operation: Operation, lhs: number, rhs: number): number {
  if (operation.kind === 'arithmetic') return operation.apply(lhs, rhs);
  if (operation.kind === 'comparison') return operation.holds(lhs, rhs) ? 1 : 0;
  throw new Error(`no ${operation.kind} operator between scalars`);
}

function betweenVectors(evaluation: Evaluation, node: BinaryExpr, lhs: Vector, rhs: Vector): Vector {
  const operation = operationOf(node.op);
  const combined: Vector = {
    kind: 'vector',
    distinct: false,
    each(consume) {
      const left = collect(evaluation, lhs);
      const right = collect(evaluation, rhs);
      const held = presentCells(left) + presentCells(right);
      const result =
        operation.kind === 'set'
          ? combineSets(node, operation.op, left, right)
          : matchVectors(evaluation, node, left, right);
      evaluation.budget.release(held);
      consume(result);
    },
  };
  return operation.kind === 'set' && operation.op === 'or'
    ? mergedVector(evaluation, combined, 'error-at-one-step')
    : combined;
}

interface MixedOperands extends ScalarOperand {
  readonly vector: Vector;
}

function withScalar(evaluation: Evaluation, node: BinaryExpr, operands: MixedOperands): Vector {
  const operation = operationOf(node.op);
  const keepsName = operation.kind === 'trim' || (operation.kind === 'comparison' && !node.bool);
  const { vector } = operands;
  const computed: Vector = {
    kind: 'vector',
    distinct: vector.distinct,
    each(consume) {
      vector.each((chunk) => {
        if (operation.kind === 'arithmetic') computeFloats(chunk, operands, operation);
        else if (operation.kind === 'comparison' && node.bool) compareFloats(chunk, operands, operation.op);
        else if (operation.kind === 'comparison') filterFloats(chunk, operands, operation.op);
        else if (operation.kind === 'trim') refuseFloats(evaluation, node, chunk, operands);
        operateOnCells(evaluation, node, chunk, operands);
        consume(chunk);
      });
    },
  };
  return keepsName ? computed : dropNames(evaluation, computed, 'error-at-one-step');
}

/** A histogram operator makes nothing of floats. */
function refuseFloats({ annotations }: Evaluation, node: BinaryExpr, chunk: Chunk, operands: MixedOperands): void {
  for (let step = 0; step < chunk.steps; step++) {
    openStep(chunk, step);
    const other = operands.scalar[step] ?? 0;
    for (let cell = step * chunk.width; cell < (step + 1) * chunk.width; cell++) {
      if (chunk.cells[cell] !== FLOAT) continue;
      operateOnHistograms(node, chunk.values[cell] ?? 0, other, annotations);
      removeCell(chunk, step, cell);
    }
  }
}

function operateOnCells({ annotations }: Evaluation, node: BinaryExpr, chunk: Chunk, operands: MixedOperands): void {
  const { scalar, vectorFirst } = operands;
  eachHistogram(chunk, (histogram, step, cell) => {
    const other = scalar[step] ?? 0;
    const [lhs, rhs] = vectorFirst ? [histogram, other] : [other, histogram];
    const result = operateOnHistograms(node, lhs, rhs, annotations);
    if (result === null) removeCell(chunk, step, cell);
    else if (typeof result === 'number') putFloat(chunk, step, cell, result);
    else putHistogram(chunk, step, cell, result);
  });
}

/** Visits the histograms of a chunk, which may be replaced meanwhile. */
function eachHistogram(chunk: Chunk, visit: (histogram: Histogram, step: number, cell: number) => void): void {
  if (chunk.histograms === null) return;
  for (const [cell, histogram] of [...chunk.histograms]) {
    const step = Math.floor(cell / chunk.width);
    if (cellKind(chunk, step, cell) === HISTOGRAM) visit(histogram, step, cell);
  }
}

/** Unary plus and minus; minus drops the name and joins series that become equal. */
export function evaluateUnary(evaluation: Evaluation, node: UnaryExpr): Value {
  const operand = evaluation.value(node.expr);
  if (node.op === '+') return operand;
  if (operand.kind === 'scalar') return { kind: 'scalar', values: operand.values.map((value) => -value) };
  if (operand.kind !== 'vector') throw new Error(`no unary minus on ${operand.kind}`);
  const negated: Vector = {
    kind: 'vector',
    distinct: operand.distinct,
    each(consume) {
      operand.each((chunk) => {
        eachHistogram(chunk, (histogram, step, cell) => putHistogram(chunk, step, cell, scaleHistogram(histogram, -1)));
        const { values } = chunk;
        for (let i = 0; i < chunk.width * chunk.steps; i++) values[i] = -(values[i] ?? 0);
        consume(chunk);
      });
    },
  };
  return dropNames(evaluation, negated, 'error-at-one-step');
}
