import { isScalar, type Node, type Scalar } from 'yaml';

const NULLS = new Set(['', '~', 'null', 'Null', 'NULL']);
const BOOLS = new Set(['true', 'True', 'TRUE', 'false', 'False', 'FALSE']);
const INTEGER = /^[-+]?(0b[01_]+|0o[0-7_]+|0x[0-9a-fA-F_]+|[0-9][0-9_]*)$/;
const FLOAT = /^[-+]?(\.[0-9]+|[0-9][0-9_]*(\.[0-9_]*)?)([eE][-+]?[0-9]+)?$/;
const SPECIAL_FLOAT = /^([-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN))$/;
const TIMESTAMP = /^\d{4}-\d\d?-\d\d?([Tt ].*)?$/;
const STANDARD_TAG = 'tag:yaml.org,2002:';

/**
 * The text of a scalar as it was written, quotes and escapes resolved: `yes`, `0x10`, `1_000` and `010` stay what they are, as in
 * the string fields of Prometheus' files.
 */
export function scalarText(scalar: Scalar): string {
  return scalar.source ?? String(scalar.value ?? '');
}

/** Nothing, `~` or `null`, unquoted. */
export function isNull(node: Node): boolean {
  return isScalar(node) && scalarTag(node) === '!!null';
}

/** The type YAML gives a scalar, as Prometheus' messages name it: `!!str`, `!!int`, `!!null`… */
export function scalarTag(scalar: Scalar): string {
  if (scalar.tag?.startsWith(STANDARD_TAG)) return `!!${scalar.tag.slice(STANDARD_TAG.length)}`;
  if (scalar.tag !== undefined || scalar.type !== 'PLAIN') return '!!str';
  const text = scalarText(scalar);
  if (NULLS.has(text)) return '!!null';
  if (BOOLS.has(text)) return '!!bool';
  if (INTEGER.test(text)) return '!!int';
  if (FLOAT.test(text) || SPECIAL_FLOAT.test(text)) return '!!float';
  return TIMESTAMP.test(text) ? '!!timestamp' : '!!str';
}

/** A whole number of 53 bits; fractions are cut, as Prometheus' decoder does. Null for anything else. */
export function scalarInteger(scalar: Scalar): number | null {
  const tag = scalarTag(scalar);
  if (tag !== '!!int' && tag !== '!!float') return null;
  const text = scalarText(scalar).replaceAll('_', '');
  const isNegative = text.startsWith('-');
  const digits = text.replace(/^[-+]/, '').replace(/^0(?=[0-7]+$)/, '0o');
  const size = Math.trunc(Number(digits));
  if (!Number.isSafeInteger(size)) return null;
  return isNegative ? -size : size;
}
