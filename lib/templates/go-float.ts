/** Digits of a finite magnitude: 0.d1d2d3… × 10^point. No trailing zeros; empty for zero. */
export interface Decimal {
  readonly digits: string;
  readonly point: number;
}

const ZERO: Decimal = { digits: '', point: 0 };

/**
 * Formats like Go's strconv.FormatFloat: verbs e, f, g; `precision` digits (after the point for e and f, significant for g),
 * or null for the fewest that read back the same. Halves round to even, on the exact binary value.
 */
export function formatFloat(value: number, verb: 'e' | 'f' | 'g', precision: number | null): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  const magnitude = Math.abs(value);
  if (precision === null) return sign + layOut(shortestDecimal(magnitude), verb, null);
  const exact = exactDecimal(magnitude);
  const kept = verb === 'f' ? exact.point + precision : verb === 'e' ? precision + 1 : Math.max(precision, 1);
  return sign + layOut(roundDecimal(exact, kept), verb, verb === 'g' ? Math.max(precision, 1) : precision);
}

function layOut(decimal: Decimal, verb: 'e' | 'f' | 'g', precision: number | null): string {
  const count = decimal.digits.length;
  if (verb === 'e') return exponentForm(decimal, precision ?? Math.max(count - 1, 0));
  if (verb === 'f') return plainForm(decimal, precision ?? Math.max(count - decimal.point, 0));
  // The shortest form switches to an exponent where %g with precision 6 would.
  const wanted = precision ?? 6;
  const limit = precision !== null && wanted > count && count >= decimal.point ? count : wanted;
  const exponent = decimal.point - 1;
  if (exponent < -4 || exponent >= limit) return exponentForm(decimal, Math.max(count - 1, 0));
  return plainForm(decimal, Math.max(count - decimal.point, 0));
}

function exponentForm(decimal: Decimal, fraction: number): string {
  const digits = decimal.digits.padEnd(fraction + 1, '0');
  const exponent = decimal.digits === '' ? 0 : decimal.point - 1;
  const shown = String(Math.abs(exponent)).padStart(2, '0');
  return `${digits.charAt(0)}${fraction > 0 ? `.${digits.slice(1, fraction + 1)}` : ''}e${exponent < 0 ? '-' : '+'}${shown}`;
}

function plainForm({ digits, point }: Decimal, fraction: number): string {
  const whole = point > 0 ? digits.slice(0, point).padEnd(point, '0') : '0';
  if (fraction === 0) return whole;
  const behind = point > 0 ? digits.slice(point) : '0'.repeat(-point) + digits;
  return `${whole}.${behind.slice(0, fraction).padEnd(fraction, '0')}`;
}

/** The fewest digits that read back as the same number. */
function shortestDecimal(magnitude: number): Decimal {
  if (magnitude === 0) return ZERO;
  const [mantissa = '', exponent = '0'] = magnitude.toExponential().split('e');
  return { digits: mantissa.replace('.', '').replace(/0+$/, ''), point: Number(exponent) + 1 };
}

/** Every digit of the binary value. */
function exactDecimal(magnitude: number): Decimal {
  if (magnitude === 0) return ZERO;
  const bits = new BigUint64Array(Float64Array.of(magnitude).buffer)[0] ?? 0n;
  const biased = Number(bits >> 52n);
  const fraction = bits & 0xfffffffffffffn;
  const mantissa = biased === 0 ? fraction : fraction | 0x10000000000000n;
  const exponent = Math.max(biased, 1) - 1075;
  const scale = Math.max(-exponent, 0);
  const scaled = exponent >= 0 ? mantissa << BigInt(exponent) : mantissa * 5n ** BigInt(scale);
  const text = scaled.toString();
  return { digits: text.replace(/0+$/, ''), point: text.length - scale };
}

function roundDecimal(decimal: Decimal, kept: number): Decimal {
  const { digits, point } = decimal;
  if (kept >= digits.length) return decimal;
  if (kept < 0) return ZERO;
  const rest = digits.slice(kept);
  const head = digits.slice(0, kept);
  const isOdd = Number(head.at(-1) ?? '0') % 2 === 1;
  const roundsUp = rest > '5' || (rest === '5' && isOdd);
  if (!roundsUp) return normalised(head, point);
  const raised = (BigInt(head === '' ? '0' : head) + 1n).toString();
  const grown = raised.length > kept ? 1 : 0;
  return normalised(raised.padStart(kept, '0'), point + grown);
}

function normalised(digits: string, point: number): Decimal {
  const trimmed = digits.replace(/0+$/, '');
  return trimmed === '' ? ZERO : { digits: trimmed, point };
}
