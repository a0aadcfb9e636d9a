import { unreachable } from '../model/issue.ts';
import type { ArithmeticOperator, BinaryOperator, ComparisonOperator, SetOperator } from './ast.ts';

/** A binary operation on two floats. */
export type Arithmetic = (lhs: number, rhs: number) => number;
export type Comparison = (lhs: number, rhs: number) => boolean;

// JavaScript says NaN where Go (and C) say 1: 1 to any power, and -1 to an infinite one.
function power(base: number, exponent: number): number {
  if (base === 1 || (base === -1 && Math.abs(exponent) === Number.POSITIVE_INFINITY)) return 1;
  return base ** exponent;
}

// Matches Go, which goes by the sign of the quotient: of one too small for a number it knows none.
function angle(lhs: number, rhs: number): number {
  const isSignLost = lhs < 0 && rhs < 0 && rhs !== Number.NEGATIVE_INFINITY && lhs / rhs === 0;
  return isSignLost ? Math.PI : Math.atan2(lhs, rhs);
}

const arithmetic = {
  '+': (lhs, rhs) => lhs + rhs,
  '-': (lhs, rhs) => lhs - rhs,
  '*': (lhs, rhs) => lhs * rhs,
  '/': (lhs, rhs) => lhs / rhs,
  '%': (lhs, rhs) => lhs % rhs,
  '^': power,
  atan2: angle,
} satisfies Record<ArithmeticOperator, Arithmetic>;

const comparisons = {
  '==': (lhs, rhs) => lhs === rhs,
  '!=': (lhs, rhs) => lhs !== rhs,
  '<': (lhs, rhs) => lhs < rhs,
  '<=': (lhs, rhs) => lhs <= rhs,
  '>': (lhs, rhs) => lhs > rhs,
  '>=': (lhs, rhs) => lhs >= rhs,
} satisfies Record<ComparisonOperator, Comparison>;

/** How an operator treats two floats. */
export type Operation =
  | { readonly kind: 'arithmetic'; readonly op: ArithmeticOperator; readonly apply: Arithmetic }
  | { readonly kind: 'comparison'; readonly op: ComparisonOperator; readonly holds: Comparison }
  | { readonly kind: 'set'; readonly op: SetOperator }
  | { readonly kind: 'trim' };

export function operationOf(op: BinaryOperator): Operation {
  switch (op) {
    case '+':
    case '-':
    case '*':
    case '/':
    case '%':
    case '^':
    case 'atan2':
      return { kind: 'arithmetic', op, apply: arithmetic[op] };
    case '==':
    case '!=':
    case '<':
    case '<=':
    case '>':
    case '>=':
      return { kind: 'comparison', op, holds: comparisons[op] };
    case 'and':
    case 'or':
    case 'unless':
      return { kind: 'set', op };
    case '</':
    case '>/':
      return { kind: 'trim' };
    default:
      return unreachable(op);
  }
}
