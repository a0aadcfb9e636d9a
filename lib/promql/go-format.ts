/**
 * Go's %g: shortest digits (or `precision` significant ones), with an exponent of at least two digits when the decimal
 * exponent is below -4 or not below the precision (6 for shortest digits).
 */
export function formatGeneral(value: number, precision: number | null = null): string {
  if (Number.isNaN(value)) return 'NaN';
  if (Math.abs(value) === Number.POSITIVE_INFINITY) return value > 0 ? '+Inf' : '-Inf';
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  const scientific = precision === null ? value.toExponential() : value.toExponential(precision - 1);
  const [mantissa = '', power = '0'] = scientific.split('e');
  const exponent = Number(power);
  const digits = mantissa.replace('-', '').replace('.', '').replace(/0+$/, '') || '0';
  const sign = value < 0 ? '-' : '';
  const limit = precision ?? SHORTEST_LIMIT;
  if (exponent < -4 || exponent >= limit) return sign + withExponent(digits, exponent);
  return sign + withoutExponent(digits, exponent);
}

/** Decimal exponent from which shortest digits are written with an exponent. */
const SHORTEST_LIMIT = 6;

function withExponent(digits: string, exponent: number): string {
  const fraction = digits.length > 1 ? `.${digits.slice(1)}` : '';
  const size = String(Math.abs(exponent)).padStart(2, '0');
  return `${digits.slice(0, 1)}${fraction}e${exponent < 0 ? '-' : '+'}${size}`;
}

function withoutExponent(digits: string, exponent: number): string {
  if (exponent < 0) return `0.${'0'.repeat(-exponent - 1)}${digits}`;
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, '0');
  const fraction = digits.slice(exponent + 1);
  return fraction === '' ? whole : `${whole}.${fraction}`;
}

/** Go's %f: six decimals, however large the number. */
export function formatFixed(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (Math.abs(value) === Number.POSITIVE_INFINITY) return value > 0 ? '+Inf' : '-Inf';
  // From 1e21 on toFixed writes exponents; such numbers are whole.
  return Math.abs(value) < 1e21 ? value.toFixed(6) : `${BigInt(value)}.000000`;
}
