import { createRecentlyUsed } from '../model/recently-used.ts';
import type { Expr } from '../promql/ast.ts';
import type { LanguageFeatures } from '../promql/features.ts';
import { parseMeasured } from '../promql/parser.ts';

/** Of all queries together: UTF-16 units, each of which takes some fifty bytes when it is parsed, and steps of regular expressions. */
const MAX_KEPT_UNITS = 100_000;
/** Larger ones are rare, and would push out many that come every few seconds. */
const MAX_QUERY_UNITS = 5_000;

/** A parser that remembers: dashboards and scripts ask the same again and again. Throws as `parseExpr` does. */
export function createRememberingParser(features: LanguageFeatures): (text: string) => Expr {
  const kept = createRecentlyUsed<Expr>(MAX_KEPT_UNITS);
  return (text) => {
    const known = kept.get(text);
    if (known !== undefined) return known;
    const { expr, regexSteps } = parseMeasured(text, features);
    const units = text.length + regexSteps;
    if (units <= MAX_QUERY_UNITS) kept.keep(text, expr, units);
    return expr;
  };
}
