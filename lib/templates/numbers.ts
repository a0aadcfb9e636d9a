import { formatFloat } from './go-float.ts';
import { CallError } from './template-error.ts';
import { DURATION_TYPE, textOf, typeName, type Value } from './value.ts';

/** The number a humanizing function is given: a float, an integer, a numeric text, or a duration in seconds. */
export function toNumber(value: Value): number {
  const text = textOf(value);
  if (text !== null) return parseGoFloat(text);
  if (typeof value === 'object' && value?.kind === 'float') return value.value;
  if (typeof value === 'object' && value?.kind === 'int') {
    return value.type === DURATION_TYPE ? Number(value.value) / 1e9 : Number(value.value);
  }
  throw new CallError(`can't convert ${typeName(value)} to float`);
}

function parseGoFloat(text: string): number {
  const failure = (what: string): CallError =>
    new CallError(`strconv.ParseFloat: parsing ${JSON.stringify(text)}: ${what}`);
  const special = /^([+-]?)(?:(inf(?:inity)?)|nan)$/i.exec(text);
  if (special !== null) {
    if (special[2] === undefined) return special[1] === '' ? Number.NaN : invalid(failure);
    return special[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  }
  if (!/^[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/.test(text)) return invalid(failure);
  const value = Number(text);
  if (!Number.isFinite(value)) throw failure('value out of range');
  return value;
}

function invalid(failure: (what: string) => CallError): never {
  throw failure('invalid syntax');
}

/** Four significant digits, as `%.4g`. */
function significant(value: number): string {
  return formatFloat(value, 'g', 4);
}

const LARGE_PREFIXES = ['k', 'M', 'G', 'T', 'P', 'E', 'Z', 'Y'];
const SMALL_PREFIXES = ['m', 'u', 'n', 'p', 'f', 'a', 'z', 'y'];
const BINARY_PREFIXES = ['ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei', 'Zi', 'Yi'];

/** With an SI prefix: 1234567 → `1.235M`, 0.00012345 → `123.4u`. */
export function humanize(value: number): string {
  if (value === 0 || !Number.isFinite(value)) return significant(value);
  return Math.abs(value) >= 1 ? scaleDown(value, 1000, LARGE_PREFIXES) : scaleUp(value);
}

/** With a binary prefix: 1048576 → `1Mi`; none below 1. */
export function humanize1024(value: number): string {
  if (Math.abs(value) <= 1 || !Number.isFinite(value)) return significant(value);
  return scaleDown(value, 1024, BINARY_PREFIXES);
}

function scaleDown(value: number, base: number, prefixes: readonly string[]): string {
  let scaled = value;
  let prefix = '';
  for (const next of prefixes) {
    if (Math.abs(scaled) < base) break;
    prefix = next;
    scaled /= base;
  }
  return significant(scaled) + prefix;
}

function scaleUp(value: number): string {
  let scaled = value;
  let prefix = '';
  for (const next of SMALL_PREFIXES) {
    if (Math.abs(scaled) >= 1) break;
    prefix = next;
    scaled *= 1000;
  }
  return significant(scaled) + prefix;
}

/** A length in seconds: `1d 1h 1m 1s`, `12.35s`, `1.2ms`. */
export function humanizeDuration(lengthS: number): string {
  if (!Number.isFinite(lengthS)) return significant(lengthS);
  if (lengthS === 0) return `${significant(lengthS)}s`;
  const magnitude = Math.abs(lengthS);
  if (magnitude < 1) return `${scaleUp(lengthS)}s`;
  const sign = lengthS < 0 ? '-' : '';
  const whole = BigInt(Math.trunc(magnitude));
  const [days, hours, minutes, seconds] = [whole / 86_400n, (whole / 3600n) % 24n, (whole / 60n) % 60n, whole % 60n];
  if (days > 0n) return `${sign}${days}d ${hours}h ${minutes}m ${seconds}s`;
  if (hours > 0n) return `${sign}${hours}h ${minutes}m ${seconds}s`;
  return minutes > 0n ? `${sign}${minutes}m ${seconds}s` : `${sign}${significant(magnitude)}s`;
}

/** 0.959 → `95.9%`. */
export function humanizePercentage(ratio: number): string {
  return `${significant(ratio * 100)}%`;
}

/** Nanoseconds since 1970 of a Unix time in seconds, cut to whole milliseconds as Prometheus' times are. */
export function instantOfSeconds(unixS: number): bigint {
  if (!Number.isFinite(unixS)) throw new CallError('value is NaN or Inf');
  const ns = unixS * 1e9;
  if (!(Math.abs(ns) <= 2 ** 63)) {
    const shown = formatFloat(unixS, 'g', null);
    throw new CallError(`${shown} cannot be represented as a nanoseconds timestamp since it overflows int64`);
  }
  return (BigInt(Math.trunc(ns)) / 1_000_000n) * 1_000_000n;
}
