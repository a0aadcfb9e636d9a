import type { Answer } from './answer.ts';
import type { Arena } from './arena.ts';
import type { FuzzCase } from './case.ts';
import { type Difference, differenceOf, toleranceOf } from './compare.ts';
import { parsed } from './engines.ts';
import { explanationOf } from './explained.ts';

/** How one case went. */
export type Verdict =
  /** `bits` tells whether every number was the same to the last digit. */
  | { readonly kind: 'same'; readonly bits: boolean; readonly answer: Answer }
  /** A part of the language that says it is not supported yet. */
  | { readonly kind: 'waiting'; readonly reason: string }
  | { readonly kind: 'explained'; readonly rule: string }
  | { readonly kind: 'differs'; readonly difference: Difference };

/** Puts a case to both sides. */
export async function tryCase(arena: Arena, fuzzCase: FuzzCase): Promise<Verdict> {
  const own = arena.own(fuzzCase);
  if (own.error?.includes('not supported yet') === true) return { kind: 'waiting', reason: own.error };
  const real = await arena.real(fuzzCase);
  const expr = parsed(fuzzCase.text);
  const tolerance = toleranceOf(expr);
  const difference = differenceOf(own, real, tolerance);
  if (difference === null) {
    return {
      kind: 'same',
      answer: own,
      bits: differenceOf(own, real, { ...tolerance, relative: 0, absolute: 0 }) === null,
    };
  }
  const rule = await explanationOf(arena, { expr, fuzzCase, own, real });
  return rule === null ? { kind: 'differs', difference } : { kind: 'explained', rule };
}
