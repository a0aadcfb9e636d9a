/** Numbers in parameters, as Go's strconv reads them. Texts may be as long as a body: no expression looks at a digit twice. */

const DIGITS = String.raw`\d+(?:_\d+)*`;
const DECIMAL = new RegExp(`^[+-]?(?:${DIGITS}(?:\\.(?:${DIGITS})?)?|\\.${DIGITS})(?:[eE][+-]?${DIGITS})?$`);
const HEXADECIMAL = /^([+-]?)0[xX]_?([\da-f]+(?:_[\da-f]+)*)?(?:\.([\da-f]+(?:_[\da-f]+)*)?)?[pP]([+-]?\d+)$/i;
const NAMED: ReadonlyMap<string, number> = new Map([
  ['nan', Number.NaN],
  ['inf', Number.POSITIVE_INFINITY],
  ['infinity', Number.POSITIVE_INFINITY],
]);

/** A float: digits with underscores between them, an exponent, hexadecimal with a binary exponent, NaN or Inf. Null when it is none. */
export function parseGoFloat(text: string): number | null {
  if (DECIMAL.test(text)) return finite(Number(text.replaceAll('_', '')));
  const [, sign = '', whole = '', fraction = '', exponent] = HEXADECIMAL.exec(text) ?? [];
  if (exponent !== undefined && whole + fraction !== '') {
    const digits = Number.parseInt((whole + fraction).replaceAll('_', ''), 16);
    const shift = Number(exponent) - 4 * fraction.replaceAll('_', '').length;
    return finite((sign === '-' ? -digits : digits) * 2 ** shift);
  }
  const named = NAMED.get(text.toLowerCase().replace(/^[+-]/, ''));
  if (named === undefined) return null;
  return text.startsWith('-') ? -named : named;
}

/** Out of range is an error in Go. */
function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

const MAX_INT64 = 2n ** 63n - 1n;
const MAX_INT64_DIGITS = 19;

/** A whole number of 64 bits, or what Go calls the mistake. */
export function parseGoInteger(text: string): number | 'invalid syntax' | 'value out of range' {
  if (!/^[+-]?\d+$/.test(text)) return 'invalid syntax';
  const significant = text.replace(/^[+-]?0*/, '');
  if (significant.length > MAX_INT64_DIGITS) return 'value out of range';
  const value = BigInt(text.replace(/^\+/, ''));
  return value > MAX_INT64 || value < -MAX_INT64 - 1n ? 'value out of range' : Number(value);
}
