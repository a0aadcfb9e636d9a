import { decodeUtf8, encodeUtf8 } from './utf8.ts';

const NAMED_ESCAPES = new Map([
  ['\u0007', '\\a'],
  ['\b', '\\b'],
  ['\f', '\\f'],
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
  ['\v', '\\v'],
  ['\\', '\\\\'],
]);
const NAMED_BYTES: Readonly<Record<string, number>> = {
  a: 7,
  b: 8,
  f: 12,
  n: 10,
  r: 13,
  t: 9,
  v: 11,
  '\\': 0x5c,
  "'": 0x27,
  '"': 0x22,
};
const PRINTABLE = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;

/** Whether Go prints the character as itself inside a quoted string. */
export function isPrintable(character: string): boolean {
  return PRINTABLE.test(character);
}

/** Go's double-quoted form (`%q`); with `asciiOnly`, everything above U+007E is escaped (`%+q`). */
export function quoteText(text: string, asciiOnly = false): string {
  return quoteWith(text, '"', asciiOnly);
}

/** Go's single-quoted form of one code point; what is no code point becomes U+FFFD. */
export function quoteRune(codePoint: number, asciiOnly = false): string {
  return quoteWith(characterOf(codePoint), "'", asciiOnly);
}

/** The character of a code point; U+FFFD for surrogates and beyond U+10FFFF. */
export function characterOf(codePoint: number): string {
  const isValid = codePoint >= 0 && codePoint <= 0x10ffff && (codePoint < 0xd800 || codePoint > 0xdfff);
  return String.fromCodePoint(isValid ? codePoint : 0xfffd);
}

function quoteWith(text: string, quote: string, asciiOnly: boolean): string {
  let quoted = quote;
  for (const character of text) quoted += escapeCharacter(character, quote, asciiOnly);
  return quoted + quote;
}

function escapeCharacter(character: string, quote: string, asciiOnly: boolean): string {
  if (character === quote) return `\\${quote}`;
  const named = NAMED_ESCAPES.get(character);
  if (named !== undefined) return named;
  const code = character.codePointAt(0) ?? 0;
  if (code >= 0xd800 && code <= 0xdfff) return escapeCharacter('\u{fffd}', quote, asciiOnly);
  if (isPrintable(character) && (code < 0x7f || !asciiOnly)) return character;
  if (code < 0x20 || code === 0x7f) return `\\x${code.toString(16).padStart(2, '0')}`;
  return code < 0x10000 ? `\\u${code.toString(16).padStart(4, '0')}` : `\\U${code.toString(16).padStart(8, '0')}`;
}

/**
 * The text of a Go literal with its quotes: interpreted ("…"), raw (`…`) or one character ('…').
 * Null when an escape is wrong, as Go's "invalid syntax".
 */
export function unquote(literal: string): string | null {
  const quote = literal.charAt(0);
  if (literal.length < 2 || !literal.endsWith(quote)) return null;
  const body = literal.slice(1, -1);
  if (quote === '`') return body.replaceAll('\r', '');
  const text = unescapeBody(body, quote);
  if (quote === "'" && (text === null || [...text].length !== 1)) return null;
  return text;
}

// Bytes written as \xff or \377 may join to one character, so the text is collected as bytes.
function unescapeBody(body: string, quote: string): string | null {
  if (!body.includes('\\')) return body.includes(quote) || body.includes('\n') ? null : body;
  const bytes: number[] = [];
  const pattern =
    /\\([abfnrtv\\'"])|\\([0-7]{3})|\\x([0-9a-fA-F]{2})|\\u([0-9a-fA-F]{4})|\\U([0-9a-fA-F]{8})|[^\\\n]/suy;
  for (let at = 0; at < body.length; at = pattern.lastIndex) {
    pattern.lastIndex = at;
    const match = pattern.exec(body);
    const piece = match === null ? null : unescapePiece(match, quote);
    if (piece === null) return null;
    bytes.push(...piece);
  }
  return decodeUtf8(Uint8Array.from(bytes));
}

function unescapePiece(match: RegExpExecArray, quote: string): Iterable<number> | null {
  const [whole, named, octal, hex, short, long] = match;
  if (named !== undefined) {
    const isOtherQuote = (named === "'" || named === '"') && named !== quote;
    return isOtherQuote ? null : [NAMED_BYTES[named] ?? 0];
  }
  if (octal !== undefined) return Number.parseInt(octal, 8) > 255 ? null : [Number.parseInt(octal, 8)];
  if (hex !== undefined)
    return quote === "'" ? encodeUtf8(characterOf(Number.parseInt(hex, 16))) : [Number.parseInt(hex, 16)];
  const point = short ?? long;
  if (point === undefined) return whole === quote ? null : encodeUtf8(whole);
  const code = Number.parseInt(point, 16);
  if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return null;
  return encodeUtf8(String.fromCodePoint(code));
}
