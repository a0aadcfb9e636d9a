import { calendarAt } from './calendar.ts';

/**
 * Go's %g: shortest digits (or `precision` significant ones), with an exponent of at least two digits when the decimal
 * exponent is below -4, or not below 21 (6 with %v of a float is not meant here), or not below the precision.
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
  const limit = precision === null ? 21 : precision;
  if (exponent < -4 || exponent >= limit) return sign + withExponent(digits, exponent);
  return sign + withoutExponent(digits, exponent);
}

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

/** RFC 3339 in UTC, milliseconds only when there are any: `1970-01-01T00:05:00Z`. */
export function formatInstant(timeMs: number): string {
  const seconds = Math.floor(timeMs / 1000);
  const fractionMs = timeMs - seconds * 1000;
  const { year, month, day, hour, minute } = calendarAt(seconds);
  const second = ((seconds % 60) + 60) % 60;
  const fraction = fractionMs === 0 ? '' : `.${pad(fractionMs, 3)}`.replace(/0+$/, '');
  return `${pad(year, 4)}-${pad(month, 2)}-${pad(day, 2)}T${pad(hour, 2)}:${pad(minute, 2)}:${pad(second, 2)}${fraction}Z`;
}

function pad(value: number, width: number): string {
  return String(value).padStart(width, '0');
}
