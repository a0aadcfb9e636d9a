const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const BRACKET = 0x5b;
const BRACE = 0x7b;

/**
 * Whether JSON text (UTF-8) holds more than `max` values: a parsed value takes up to a hundred times the memory of its text, so they
 * are counted before it is parsed. The count is that of brackets, braces and commas outside of strings, also of text that is not JSON.
 */
export function holdsMoreJsonValues(body: Uint8Array, max: number): boolean {
  let values = 1;
  for (let at = 0; at < body.length; at++) {
    const byte = body[at] ?? 0;
    if (byte === QUOTE) at = endOfString(body, at);
    else if ((byte === COMMA || byte === BRACKET || byte === BRACE) && ++values > max) return true;
  }
  return false;
}

/** Index of the quote that ends the string which begins at `start`; past the end when none does. */
function endOfString(body: Uint8Array, start: number): number {
  let at = start + 1;
  while (at < body.length && body[at] !== QUOTE) at += body[at] === BACKSLASH ? 2 : 1;
  return at;
}
