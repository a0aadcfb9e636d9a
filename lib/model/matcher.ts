import { type AnchoredRegex, compileAnchored } from './regex.ts';

export type MatchOperator = '=' | '!=' | '=~' | '!~';

/** One condition on a label. A missing label counts as "". */
export interface Matcher {
  readonly name: string;
  readonly operator: MatchOperator;
  readonly value: string;
  matches(value: string): boolean;
}

/** A matcher, or RE2's message when `value` is a regular expression that does not parse. `compile` may know the expression already. */
export function createMatcher(
  name: string,
  operator: MatchOperator,
  value: string,
  compile = compileAnchored,
): Matcher | { readonly error: string } {
  if (operator === '=') return { name, operator, value, matches: (text) => text === value };
  if (operator === '!=') return { name, operator, value, matches: (text) => text !== value };
  const regex: AnchoredRegex | { readonly error: string } = compile(value);
  if ('error' in regex) return regex;
  const wanted = operator === '=~';
  return { name, operator, value, matches: (text) => regex.matches(text) === wanted };
}
