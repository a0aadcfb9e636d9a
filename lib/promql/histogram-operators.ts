import type { Histogram } from '../model/histogram.ts';
import type { BinaryExpr } from './ast.ts';
import { areEqual, combineHistograms, divideHistogram, scaleHistogram } from './histogram-algebra.ts';
import { boundsReconciled, resetsCollided } from './histogram-remarks.ts';
import { trimHistogram } from './histogram-trim.ts';
import type { Remarking } from './last-remarks.ts';

/** What a sample holds. */
export type Operand = number | Histogram;

/**
 * An operator on two samples of which at least one is a native histogram, or on two floats that a histogram operator is
 * applied to. Null when a filter drops the sample or the operator is none for such operands, which is remarked upon.
 */
export function operateOnHistograms(
  node: BinaryExpr,
  lhs: Operand,
  rhs: Operand,
  annotations: Remarking,
): Operand | null {
  const { op } = node;
  if (op === '*' && typeof lhs === 'number' && typeof rhs !== 'number') return scaleHistogram(rhs, lhs);
  if (typeof lhs !== 'number') {
    if (typeof rhs !== 'number') return ofTwo(node, lhs, rhs, annotations);
    if (op === '*') return scaleHistogram(lhs, rhs);
    if (op === '/') return divideHistogram(lhs, rhs);
    if (op === '</') return trimHistogram(lhs, rhs, 'below');
    if (op === '>/') return trimHistogram(lhs, rhs, 'above');
  }
  return incompatible(node, lhs, rhs, annotations);
}

function ofTwo(node: BinaryExpr, lhs: Histogram, rhs: Histogram, annotations: Remarking): Operand | null {
  switch (node.op) {
    case '+':
      return combined(node, lhs, rhs, annotations);
    case '-': {
      const difference = combined(node, lhs, rhs, annotations);
      return difference === null ? null : { ...difference, resetHint: 'gauge' };
    }
    case '==':
      return compared(node, lhs, areEqual(lhs, rhs));
    case '!=':
      return compared(node, lhs, !areEqual(lhs, rhs));
    default:
      return incompatible(node, lhs, rhs, annotations);
  }
}

function compared({ bool }: BinaryExpr, lhs: Histogram, holds: boolean): Operand | null {
  if (bool) return holds ? 1 : 0;
  return holds ? lhs : null;
}

function combined(node: BinaryExpr, lhs: Histogram, rhs: Histogram, annotations: Remarking): Histogram | null {
  const combination = combineHistograms(lhs, rhs, node.op === '-' ? -1 : 1);
  if (combination === null) {
    annotations.warn(`incompatible bucket layout encountered for binary operator ${node.op}`, node.span);
    return null;
  }
  const during = node.op === '-' ? 'subtraction' : 'addition';
  if (combination.resetsCollide) annotations.warn(resetsCollided(during), node.span);
  if (combination.boundsReconciled) annotations.inform(boundsReconciled(during), node.span);
  return combination.result;
}

function incompatible({ op, span }: BinaryExpr, lhs: Operand, rhs: Operand, annotations: Remarking): null {
  const kind = (operand: Operand): string => (typeof operand === 'number' ? 'float' : 'histogram');
  const operands = `${kind(lhs)} ${op} ${kind(rhs)}`;
  annotations.inform(`incompatible sample types encountered for binary operator "${op}": ${operands}`, span);
  return null;
}
