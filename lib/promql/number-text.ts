/** Go's number syntax: what strconv reads as an int64 with a base prefix, else as a float64. */

const HEXADECIMAL = /^0[xX](_?[0-9a-fA-F])+$/;
const OCTAL = /^0(_?[0-7])+$/;
const DECIMAL = /^(\d(_?\d)*)?(\.(\d(_?\d)*)?)?([eE][+-]?\d(_?\d)*)?$/;
const MAX_INT64 = 2n ** 63n - 1n;

/** The number, or Go's message. Hexadecimal and octal (leading 0) integers, decimals, Inf and NaN in any case. */
export function parseNumber(text: string): number | { readonly error: string } {
  const word = /^([+-]?)(inf|infinity|nan)$/i.exec(text);
  if (word !== null) return wordValue(word[1] === '-', (word[2] ?? '').toLowerCase());
  const plain = text.replaceAll('_', '');
  const integer = parsePrefixed(text, plain);
  if (integer !== null && integer <= MAX_INT64) return Number(integer);
  if (!DECIMAL.test(text) || !/^\.?\d/.test(text)) return failure(text, 'invalid syntax');
  const value = Number(plain);
  return Number.isFinite(value) ? value : failure(text, 'value out of range');
}

function parsePrefixed(text: string, plain: string): bigint | null {
  if (HEXADECIMAL.test(text)) return BigInt(plain);
  return OCTAL.test(text) ? BigInt(`0o${plain}`) : null;
}

function wordValue(negative: boolean, word: string): number {
  if (word === 'nan') return Number.NaN;
  return negative ? -Infinity : Infinity;
}

function failure(text: string, reason: string): { readonly error: string } {
  return { error: `strconv.ParseFloat: parsing ${JSON.stringify(text)}: ${reason}` };
}

/** Shortest decimal without an exponent that reads back as the same number: `0.0000001`, `+Inf`, `-0`. */
export function printNumber(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (value === Infinity) return '+Inf';
  if (value === -Infinity) return '-Inf';
  if (Object.is(value, -0)) return '-0';
  const text = String(value);
  const [, sign = '', whole = '', fraction = '', exponent = ''] = /^(-?)(\d+)(?:\.(\d+))?e([+-]\d+)$/.exec(text) ?? [];
  if (exponent === '') return text;
  const digits = whole + fraction;
  const point = whole.length + Number(exponent);
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`;
  return `${sign}${digits.padEnd(point, '0')}`;
}
