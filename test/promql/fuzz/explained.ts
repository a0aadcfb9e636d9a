import type { Expr } from '../../../lib/promql/ast.ts';
import type { Answer } from './answer.ts';
import type { FuzzCase } from './case.ts';
import { type Difference, differenceOf, toleranceOf } from './compare.ts';
import { nodesOf } from './tree.ts';

/** Two answers that differ, with all there is to judge them by. */
export interface Dispute {
  /** Null when the text does not parse. */
  readonly expr: Expr | null;
  readonly fuzzCase: FuzzCase;
  readonly own: Answer;
  readonly real: Answer;
  readonly difference: Difference;
  /** Our answers when the series are stored in other orders. */
  others(): readonly Answer[];
}

/** A difference that is a documented choice. Each has its line in docs/differences.md. */
interface Rule {
  readonly name: string;
  explains(dispute: Dispute): boolean;
}

const RULES: readonly Rule[] = [{ name: 'order of series', explains: isOrder }];

/** The name of the rule that explains a difference, or null. */
export function explanationOf(dispute: Dispute): string | null {
  return RULES.find(({ explains }) => explains(dispute))?.name ?? null;
}

const CHOOSING = new Set(['topk', 'bottomk', 'limitk']);

/** Which of several equals is chosen, and which of several duplicates is named, depends on the order in which series are stored. */
function isOrder({ expr, own, others, real }: Dispute): boolean {
  if (expr === null) return false;
  const tolerance = toleranceOf(expr);
  const reordered = others();
  if (reordered.some((answer) => differenceOf(answer, real, tolerance) === null)) return true;
  const chooses = nodesOf(expr).some((node) => node.kind === 'aggregation' && CHOOSING.has(node.op));
  return chooses && reordered.some((answer) => differenceOf(answer, own, tolerance) !== null);
}
