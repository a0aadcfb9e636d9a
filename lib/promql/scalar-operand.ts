import { FLOAT, MISSING } from '../series/cells.ts';
import type { Arithmetic } from './arithmetic.ts';
import type { ArithmeticOperator, ComparisonOperator } from './ast.ts';
import type { Chunk } from './chunk.ts';

// Floats of a vector with a scalar: one loop for all cells of a step, in which no function is called for an ordinary operator.

/** The other operand. */
export interface ScalarOperand {
  /** By step. */
  readonly scalar: Float64Array;
  /** The vector is the left operand. */
  readonly vectorFirst: boolean;
}

// How a value stands to another, as bits of a set.
const BELOW = 1;
const EQUAL = 2;
const ABOVE = 4;
/** One of them is NaN. */
const UNORDERED = 8;

/** The relations of left to right operand that an operator accepts. */
const acceptedBy: Readonly<Record<ComparisonOperator, number>> = {
  '==': EQUAL,
  '!=': BELOW | ABOVE | UNORDERED,
  '<': BELOW,
  '<=': BELOW | EQUAL,
  '>': ABOVE,
  '>=': ABOVE | EQUAL,
};

/** The same set when the operands change places. */
function mirrored(relations: number): number {
  const others = relations & (EQUAL | UNORDERED);
  return others | ((relations & BELOW) === 0 ? 0 : ABOVE) | ((relations & ABOVE) === 0 ? 0 : BELOW);
}

/** Removes the floats for which the comparison does not hold. */
export function filterFloats(chunk: Chunk, { scalar, vectorFirst }: ScalarOperand, op: ComparisonOperator): void {
  const accepted = vectorFirst ? acceptedBy[op] : mirrored(acceptedBy[op]);
  const marks: Marks = {
    below: (accepted & BELOW) === 0 ? MISSING : FLOAT,
    equal: (accepted & EQUAL) === 0 ? MISSING : FLOAT,
    above: (accepted & ABOVE) === 0 ? MISSING : FLOAT,
    unordered: (accepted & UNORDERED) === 0 ? MISSING : FLOAT,
  };
  for (let step = 0; step < chunk.steps; step++) filterStep(chunk, step, scalar[step] ?? 0, marks);
}

/** What becomes of a float by its relation to the other operand: it stays FLOAT, or is MISSING. */
interface Marks {
  readonly below: number;
  readonly equal: number;
  readonly above: number;
  readonly unordered: number;
}

function filterStep(chunk: Chunk, step: number, other: number, { below, equal, above, unordered }: Marks): void {
  const { values, cells, irregular } = chunk;
  const whole = irregular[step] === 0;
  const end = (step + 1) * chunk.width;
  let removed = 0;
  for (let i = step * chunk.width; i < end; i++) {
    const value = values[i] ?? 0;
    const mark = value > other ? above : value < other ? below : value === other ? equal : unordered;
    if (!whole && cells[i] !== FLOAT) continue;
    cells[i] = mark;
    removed += mark === FLOAT ? 0 : 1;
  }
  irregular[step] = (irregular[step] ?? 0) + removed;
}

/** Makes each float 1 where the comparison holds, else 0. */
export function compareFloats(chunk: Chunk, { scalar, vectorFirst }: ScalarOperand, op: ComparisonOperator): void {
  const { width, values } = chunk;
  const accepted = vectorFirst ? acceptedBy[op] : mirrored(acceptedBy[op]);
  for (let step = 0; step < chunk.steps; step++) {
    const other = scalar[step] ?? 0;
    for (let i = step * width; i < (step + 1) * width; i++) {
      const value = values[i] ?? 0;
      const relation = value > other ? ABOVE : value < other ? BELOW : value === other ? EQUAL : UNORDERED;
      values[i] = (relation & accepted) === 0 ? 0 : 1;
    }
  }
}

/** An operator, and what it makes of two floats. */
export interface FloatOperation {
  readonly op: ArithmeticOperator;
  readonly apply: Arithmetic;
}

/** Computes each float. Cells without one are computed too: they mean nothing before and after, and looking would cost more. */
export function computeFloats(chunk: Chunk, operand: ScalarOperand, { op, apply }: FloatOperation): void {
  const { width, values } = chunk;
  for (let step = 0; step < chunk.steps; step++) {
    const other = operand.scalar[step] ?? 0;
    const [from, end] = [step * width, (step + 1) * width];
    if (op === '*') for (let i = from; i < end; i++) values[i] = (values[i] ?? 0) * other;
    else if (op === '+') for (let i = from; i < end; i++) values[i] = (values[i] ?? 0) + other;
    else if (op === '-' && operand.vectorFirst) for (let i = from; i < end; i++) values[i] = (values[i] ?? 0) - other;
    else if (op === '/' && operand.vectorFirst) for (let i = from; i < end; i++) values[i] = (values[i] ?? 0) / other;
    else computeStep(chunk, operand, step, apply);
  }
}

function computeStep(
  { width, values }: Chunk,
  { scalar, vectorFirst }: ScalarOperand,
  step: number,
  apply: Arithmetic,
): void {
  const other = scalar[step] ?? 0;
  for (let i = step * width; i < (step + 1) * width; i++) {
    const value = values[i] ?? 0;
    values[i] = vectorFirst ? apply(value, other) : apply(other, value);
  }
}
