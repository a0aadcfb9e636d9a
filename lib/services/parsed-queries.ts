import type { Expr } from '../promql/ast.ts';
import type { LanguageFeatures } from '../promql/features.ts';
import { parseExpr } from '../promql/parser.ts';

/** Of all texts together, UTF-16 units. What is parsed takes some fifty bytes for each. */
const MAX_KEPT_UNITS = 100_000;
/** Longer ones are rare, and would push out many that come every few seconds. */
const MAX_TEXT_UNITS = 5_000;

/** A parser that remembers: dashboards and scripts ask the same again and again. Throws as `parseExpr` does. */
export function createRememberingParser(features: LanguageFeatures): (text: string) => Expr {
  // In the order of their last use.
  const kept = new Map<string, Expr>();
  let keptUnits = 0;
  return (text) => {
    const known = kept.get(text);
    if (known !== undefined) {
      kept.delete(text);
      kept.set(text, known);
      return known;
    }
    const expr = parseExpr(text, features);
    if (text.length > MAX_TEXT_UNITS) return expr;
    kept.set(text, expr);
    keptUnits += text.length;
    for (const oldest of kept.keys()) {
      if (keptUnits <= MAX_KEPT_UNITS) break;
      kept.delete(oldest);
      keptUnits -= oldest.length;
    }
    return expr;
  };
}
