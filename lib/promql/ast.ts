import type { Span } from '../model/issue.ts';
import type { Matcher } from '../model/matcher.ts';

/** PromQL's value types by their internal names: "vector" is an instant vector, "matrix" a range vector. */
export type ValueType = 'scalar' | 'string' | 'vector' | 'matrix';

/** A parsed expression: deeply readonly, every node with the span of its text. */
export type Expr =
  | NumberLiteral
  | StringLiteral
  | VectorSelector
  | MatrixSelector
  | Subquery
  | Call
  | Aggregation
  | BinaryExpr
  | UnaryExpr
  | ParenExpr;

export interface NumberLiteral {
  readonly kind: 'number';
  readonly span: Span;
  readonly value: number;
  /** Written as a duration (`5m`), and printed as one. */
  readonly isDuration: boolean;
}

export interface StringLiteral {
  readonly kind: 'string';
  readonly span: Span;
  /** Bytes that are not UTF-8 appear as lone surrogates U+DC80..U+DCFF. */
  readonly value: string;
}

/** When a selector or subquery is evaluated, before its offset is subtracted. */
export type At =
  | { readonly kind: 'time'; readonly timeMs: number }
  | { readonly kind: 'start' }
  | { readonly kind: 'end' };

/**
 * A length of time in brackets or after `offset`: known, or computed per query from step() and range().
 * A length that stands alone is whole milliseconds and counts as a duration however it was written (`[300]` is `[5m]`);
 * inside arithmetic numbers mean seconds. Divide `lengthMs` by 1000 before computing.
 */
export type DurationExpr =
  | { readonly kind: 'length'; readonly span: Span; readonly lengthMs: number; readonly isDuration: boolean }
  | { readonly kind: 'call'; readonly span: Span; readonly func: 'step' | 'range' }
  | {
      readonly kind: 'call2';
      readonly span: Span;
      readonly func: 'min_of' | 'max_of';
      readonly lhs: DurationExpr;
      readonly rhs: DurationExpr;
    }
  | { readonly kind: 'unary'; readonly span: Span; readonly op: '+' | '-'; readonly expr: DurationExpr }
  | {
      readonly kind: 'binary';
      readonly span: Span;
      readonly op: '+' | '-' | '*' | '/' | '%' | '^';
      readonly lhs: DurationExpr;
      readonly rhs: DurationExpr;
    }
  | { readonly kind: 'paren'; readonly span: Span; readonly expr: DurationExpr };

export interface VectorSelector {
  readonly kind: 'vectorSelector';
  readonly span: Span;
  /** The name before the braces; null when there is none, even if a matcher (`{"up"}`, `{__name__="up"}`) sets it. */
  readonly name: string | null;
  /** All conditions, that on `__name__` included (last, when it came from `name`). */
  readonly matchers: readonly Matcher[];
  readonly offset: DurationExpr | null;
  readonly at: At | null;
  readonly extension: 'anchored' | 'smoothed' | null;
}

export interface MatrixSelector {
  readonly kind: 'matrixSelector';
  readonly span: Span;
  /** Carries `offset`, `at` and `extension`. */
  readonly selector: VectorSelector;
  readonly range: DurationExpr;
}

export interface Subquery {
  readonly kind: 'subquery';
  readonly span: Span;
  readonly expr: Expr;
  readonly range: DurationExpr;
  /** Null means the default step. */
  readonly step: DurationExpr | null;
  readonly offset: DurationExpr | null;
  readonly at: At | null;
}

export interface Call {
  readonly kind: 'call';
  readonly span: Span;
  /** A key of the function table. */
  readonly func: string;
  readonly args: readonly Expr[];
}

export type AggregationOperator =
  | 'sum'
  | 'avg'
  | 'count'
  | 'min'
  | 'max'
  | 'group'
  | 'stddev'
  | 'stdvar'
  | 'topk'
  | 'bottomk'
  | 'quantile'
  | 'count_values'
  | 'limitk'
  | 'limit_ratio';

export interface Aggregation {
  readonly kind: 'aggregation';
  readonly span: Span;
  readonly op: AggregationOperator;
  readonly expr: Expr;
  readonly param: Expr | null;
  /** In the author's order. */
  readonly grouping: readonly string[];
  readonly without: boolean;
}

export type ArithmeticOperator = '+' | '-' | '*' | '/' | '%' | '^' | 'atan2';
export type ComparisonOperator = '==' | '!=' | '<' | '<=' | '>' | '>=';
export type SetOperator = 'and' | 'or' | 'unless';
/** Cut a native histogram below or above a value. */
export type TrimOperator = '</' | '>/';
export type BinaryOperator = ArithmeticOperator | ComparisonOperator | SetOperator | TrimOperator;

export interface VectorMatching {
  readonly card: 'one-to-one' | 'many-to-one' | 'one-to-many' | 'many-to-many';
  /** The list of `on` or `ignoring`, in the author's order. */
  readonly labels: readonly string[];
  readonly on: boolean;
  /** Labels of group_left or group_right. */
  readonly include: readonly string[];
  /** Value for samples missing on the left side, and on the right; null without fill. */
  readonly fillLeft: number | null;
  readonly fillRight: number | null;
}

export interface BinaryExpr {
  readonly kind: 'binary';
  readonly span: Span;
  readonly op: BinaryOperator;
  readonly lhs: Expr;
  readonly rhs: Expr;
  readonly bool: boolean;
  /** Null unless both sides are instant vectors. */
  readonly matching: VectorMatching | null;
}

export interface UnaryExpr {
  readonly kind: 'unary';
  readonly span: Span;
  readonly op: '+' | '-';
  readonly expr: Expr;
}

export interface ParenExpr {
  readonly kind: 'paren';
  readonly span: Span;
  readonly expr: Expr;
}
