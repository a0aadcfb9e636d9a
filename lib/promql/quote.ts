/**
 * Go's quoting, in which PromQL prints strings, labels and the words of its error messages.
 * Strings hold bytes that are not UTF-8 as lone surrogates U+DC80 + (byte - 0x80).
 */

const NAMED_ESCAPES = new Map([
  ['\x07', '\\a'],
  ['\b', '\\b'],
  ['\f', '\\f'],
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
  ['\v', '\\v'],
  ['\\', '\\\\'],
]);

const FIRST_RAW_BYTE = 0xdc80;
const LAST_RAW_BYTE = 0xdcff;

/** Go counts only the ASCII space as a printable blank. */
const PRINTABLE = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;
const PLAIN = /^[ !#-[\]-~]*$/;

/** `a"b` → `"a\"b"`, as Go's %q. */
export function quoteString(text: string): string {
  if (PLAIN.test(text)) return `"${text}"`;
  let quoted = '"';
  for (const char of text) quoted += char === '"' ? '\\"' : escapeChar(char);
  return `${quoted}"`;
}

/** One character as Go's %q prints a rune: `'a'`. Empty text stands for the end of the input. */
export function quoteRune(char: string): string {
  if (char === '') return "'\uFFFD'";
  return char === "'" ? "'\\''" : `'${escapeChar(char)}'`;
}

/** One character as Go's %#U: `U+0071 'q'`. */
export function describeRune(char: string): string {
  const hex = (char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
  return PRINTABLE.test(char) ? `U+${hex} '${char}'` : `U+${hex}`;
}

/** The surrogate that stands for one byte that is not UTF-8. */
export function rawByte(byte: number): string {
  return String.fromCharCode(FIRST_RAW_BYTE - 0x80 + byte);
}

/** Length in UTF-8 bytes; a raw byte counts one. */
export function byteLength(text: string): number {
  let bytes = 0;
  for (const char of text) {
    const code = char.codePointAt(0) ?? 0;
    if (code < 0x80 || (code >= FIRST_RAW_BYTE && code <= LAST_RAW_BYTE)) bytes += 1;
    else if (code < 0x800) bytes += 2;
    else bytes += code < 0x10000 ? 3 : 4;
  }
  return bytes;
}

function escapeChar(char: string): string {
  const named = NAMED_ESCAPES.get(char);
  if (named !== undefined) return named;
  if (PRINTABLE.test(char)) return char;
  const code = char.codePointAt(0) ?? 0;
  if (code >= FIRST_RAW_BYTE && code <= LAST_RAW_BYTE) return `\\x${(code - FIRST_RAW_BYTE + 0x80).toString(16)}`;
  if (code < 0x20 || code === 0x7f) return `\\x${code.toString(16).padStart(2, '0')}`;
  if (code < 0x10000) return `\\u${code.toString(16).padStart(4, '0')}`;
  return `\\U${code.toString(16).padStart(8, '0')}`;
}
