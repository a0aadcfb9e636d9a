import type { Expr } from '../../../lib/promql/ast.ts';
import type { SeriesMemory } from '../../../lib/series/memory.ts';
import type { Answer } from './answer.ts';
import type { FuzzCase } from './case.ts';
import { type Difference, differenceOf, toleranceOf } from './compare.ts';
import type { Dataset } from './dataset.ts';
import { ownAnswer, type Peers, parsed } from './engines.ts';
import { explanationOf } from './explained.ts';
import { memoryOf, seriesOf } from './stored.ts';

/** How one case went. */
export type Verdict =
  /** `bits` tells whether every number was the same to the last digit. */
  | { readonly kind: 'same'; readonly bits: boolean; readonly answer: Answer }
  /** A part of the language that says it is not supported yet. */
  | { readonly kind: 'waiting'; readonly reason: string }
  | { readonly kind: 'explained'; readonly rule: string }
  | { readonly kind: 'differs'; readonly difference: Difference };

/** One dataset on both sides. */
export interface Arena {
  readonly dataset: Dataset;
  readonly memory: SeriesMemory;
  /** The same data with its series in other orders. */
  readonly reordered: () => readonly SeriesMemory[];
  readonly peers: Peers;
}

/** The data of an arena whose peers have been given it. */
export function createArena(dataset: Dataset, peers: Peers): Arena {
  const series = seriesOf(dataset);
  let reordered: readonly SeriesMemory[] | null = null;
  return {
    dataset,
    peers,
    memory: memoryOf(series),
    reordered() {
      const byTurns = [...series.filter((_, i) => i % 2 === 1), ...series.filter((_, i) => i % 2 === 0)];
      reordered ??= [series.toReversed(), byTurns, byTurns.toReversed()].map(memoryOf);
      return reordered;
    },
  };
}

/** Puts a case to both sides. */
export async function tryCase(arena: Arena, fuzzCase: FuzzCase): Promise<Verdict> {
  const own = ownAnswer(fuzzCase, arena.memory);
  if (own.error?.includes('not supported yet') === true) return { kind: 'waiting', reason: own.error };
  const real = await arena.peers.ask(fuzzCase);
  const expr = parsed(fuzzCase.text);
  const tolerance = toleranceOf(expr);
  const difference = differenceOf(own, real, tolerance);
  if (difference === null) {
    return { kind: 'same', answer: own, bits: differenceOf(own, real, { ...tolerance, relative: 0 }) === null };
  }
  const rule = explanationOf({
    expr,
    own,
    real,
    others: () => otherAnswers(arena, fuzzCase, expr),
  });
  return rule === null ? { kind: 'differs', difference } : { kind: 'explained', rule };
}

/** Our answers over the same series in other orders. */
function otherAnswers(arena: Arena, fuzzCase: FuzzCase, expr: Expr | null): Answer[] {
  return expr === null ? [] : arena.reordered().map((memory) => ownAnswer(fuzzCase, memory));
}
