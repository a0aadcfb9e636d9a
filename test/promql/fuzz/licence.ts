import type { Arena } from './arena.ts';
import type { Dispute } from './dispute.ts';

/**
 * Leave to differ for one operation, whose arguments are the same on both sides: because versions after 3.5 compute it so, or
 * because 3.5 is wrong. Each has its line in docs/differences.md.
 */
export interface Licence {
  readonly name: string;
  covers(arena: Arena, dispute: Dispute): boolean;
}
