import type { Expr } from '../../../lib/promql/ast.ts';
import type { Answer } from './answer.ts';
import type { FuzzCase } from './case.ts';

/** Two answers that differ, and to what. */
export interface Dispute {
  /** Null when the text does not parse. */
  readonly expr: Expr | null;
  readonly fuzzCase: FuzzCase;
  readonly own: Answer;
  readonly real: Answer;
}
