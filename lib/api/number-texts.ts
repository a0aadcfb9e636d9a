import { SECOND_MS } from '../model/unix-time.ts';
import { printNumber } from '../promql/number-text.ts';

/** Value of a sample in vectors and matrices: shortest digits, an exponent below 1e-6 and from 1e21 on. */
export function sampleText(value: number): string {
  if (!Number.isFinite(value) || value === 0) return printNumber(value);
  const text = String(value);
  return text.includes('e') ? withLongExponent(text) : text;
}

/** Shortest digits, always with an exponent: `1e+00`. As alerts show their values. */
export function exponentText(value: number): string {
  if (!Number.isFinite(value)) return printNumber(value);
  return withLongExponent(Object.is(value, -0) ? '-0e+0' : value.toExponential());
}

// Go's exponents have two digits at least.
function withLongExponent(text: string): string {
  return text.replace(/e([+-])(\d)$/, 'e$10$2');
}

/** Instant of a sample in seconds: three decimals unless it is a whole second. */
export function sampleTimeText(timeMs: number): string {
  return timeMs % SECOND_MS === 0 ? String(timeMs / SECOND_MS) : (timeMs / SECOND_MS).toFixed(3);
}

/** Instant of a scalar or string in seconds: shortest. */
export function scalarTimeText(timeMs: number): string {
  return String(timeMs / SECOND_MS);
}
