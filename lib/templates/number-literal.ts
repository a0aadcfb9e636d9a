import { unquote } from './go-quote.ts';
import type { NumberNode } from './syntax.ts';
import { floatValue, intValue } from './value.ts';

const MAX_INT = 2n ** 63n - 1n;
const INTEGER = /^([+-]?)(0[xX](?:_?[0-9a-fA-F])+|0[bB](?:_?[01])+|0[oO](?:_?[0-7])+|0(?:_?[0-7])*|[1-9](?:_?[0-9])*)$/;
const DECIMAL = /^[+-]?(?:[0-9]+(?:_[0-9]+)*(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/;
const HEX_FLOAT = /^([+-]?)0[xX]([0-9a-fA-F]*)(?:\.([0-9a-fA-F]*))?[pP]([+-]?[0-9]+)$/;

/** Reads a numeric or character constant in Go's syntax; the message says what is wrong with it. */
export function parseNumber(source: string, at: number): NumberNode | { readonly error: string } {
  if (source.startsWith("'")) return parseRune(source, at);
  if (source.endsWith('i')) return parseImaginary(source, at);
  const int = parseInteger(source);
  if (int !== null) {
    const isInRange = int <= MAX_INT && int >= -MAX_INT - 1n;
    return {
      kind: 'number',
      at,
      source,
      ideal: isInRange ? intValue(int) : null,
      int: isInRange ? int : null,
      float: Number(int),
    };
  }
  const float = parseFloatConstant(source);
  if (float === null || !Number.isFinite(float)) return { error: `illegal number syntax: ${JSON.stringify(source)}` };
  if (!/[.eEpP]/.test(source)) return { error: `integer overflow: ${JSON.stringify(source)}` };
  const isWhole = Number.isInteger(float) && Math.abs(float) < 2 ** 63;
  return { kind: 'number', at, source, ideal: floatValue(float), int: isWhole ? BigInt(float) : null, float };
}

function parseRune(source: string, at: number): NumberNode | { readonly error: string } {
  const code = unquote(source)?.codePointAt(0);
  if (code === undefined) return { error: `malformed character constant: ${source}` };
  return { kind: 'number', at, source, ideal: intValue(code), int: BigInt(code), float: code };
}

function parseImaginary(source: string, at: number): NumberNode | { readonly error: string } {
  const body = source.slice(0, -1);
  const cut = Math.max(0, body.search(/(?<=[^eEpP])[+-][^+-]*$/));
  const real = cut === 0 ? 0 : parseReal(body.slice(0, cut));
  const imaginary = parseReal(body.slice(cut));
  if (real === null || imaginary === null) return { error: `illegal number syntax: ${JSON.stringify(source)}` };
  return {
    kind: 'number',
    at,
    source,
    ideal: { kind: 'complex', type: 'complex128', real, imaginary },
    int: null,
    float: null,
  };
}

function parseReal(source: string): number | null {
  const int = parseInteger(source);
  return int === null ? parseFloatConstant(source) : Number(int);
}

function parseInteger(source: string): bigint | null {
  const match = INTEGER.exec(source);
  if (match === null) return null;
  const digits = (match[2] ?? '').replaceAll('_', '');
  const magnitude = BigInt(/^0[0-7]/.test(digits) ? `0o${digits.slice(1)}` : digits);
  return match[1] === '-' ? -magnitude : magnitude;
}

function parseFloatConstant(source: string): number | null {
  if (DECIMAL.test(source)) return Number(source.replaceAll('_', ''));
  const match = HEX_FLOAT.exec(source);
  if (match === null) return null;
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = match;
  if (whole + fraction === '') return null;
  const magnitude = Number(BigInt(`0x${whole}${fraction}`)) * 2 ** (Number(exponent) - 4 * fraction.length);
  return sign === '-' ? -magnitude : magnitude;
}
