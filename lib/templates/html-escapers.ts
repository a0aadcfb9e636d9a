import type { EscaperName } from './syntax.ts';
import type { Value } from './value.ts';

/** One step of making a value safe. */
export function applyEscaper(value: Value, name: EscaperName): Value {
  throw new Error(`${name} of ${typeof value}`);
}
