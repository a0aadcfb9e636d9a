/** Text as Go's strconv prints and reads it: what Prometheus and Alertmanager show in messages, keys and matchers. */

const namedEscapes: Readonly<Record<string, string>> = {
  '\x07': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
  '"': '\\"',
};

const unescaped: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  '"': '"',
};

const NOT_PRINTED = /["\\]|[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu;

/** In double quotes, with Go's escapes: what `%q` prints. */
export function goQuote(text: string): string {
  return `"${text.replace(NOT_PRINTED, escapeCharacter)}"`;
}

function escapeCharacter(character: string): string {
  const named = namedEscapes[character];
  if (named !== undefined) return named;
  const code = character.codePointAt(0) ?? 0;
  if (code >= 0xd800 && code <= 0xdfff) return '\ufffd';
  const hex = code.toString(16);
  if (code < 0x80) return `\\x${hex.padStart(2, '0')}`;
  return code > 0xffff ? `\\U${hex.padStart(8, '0')}` : `\\u${hex.padStart(4, '0')}`;
}

const ESCAPE = /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})|([abfnrtv\\"]))/y;

/**
 * Reads a Go string literal in double quotes, quotes included. Bytes written as `\xNN` or octal are joined as UTF-8.
 * Null when it is not such a literal or when the bytes are not valid UTF-8.
 */
export function goUnquote(literal: string): string | null {
  if (literal.length < 2 || !literal.startsWith('"') || !literal.endsWith('"')) return null;
  const body = literal.slice(1, -1);
  const bytes: number[] = [];
  const encoder = new TextEncoder();
  for (let i = 0; i < body.length; ) {
    if (body[i] !== '\\') {
      const character = String.fromCodePoint(body.codePointAt(i) ?? 0);
      if (character === '"' || character === '\n') return null;
      bytes.push(...encoder.encode(character));
      i += character.length;
      continue;
    }
    ESCAPE.lastIndex = i;
    const match = ESCAPE.exec(body);
    const escaped = match === null ? null : bytesOfEscape(match);
    if (match === null || escaped === null) return null;
    bytes.push(...escaped);
    i += match[0].length;
  }
  return decodeUtf8(bytes);
}

function bytesOfEscape(match: RegExpExecArray): Iterable<number> | null {
  const [, byteHex, shortHex, longHex, octal, named] = match;
  if (byteHex !== undefined) return [Number.parseInt(byteHex, 16)];
  if (octal !== undefined) return Number.parseInt(octal, 8) > 0xff ? null : [Number.parseInt(octal, 8)];
  const hex = shortHex ?? longHex;
  if (hex === undefined) return new TextEncoder().encode(unescaped[named ?? ''] ?? '');
  const code = Number.parseInt(hex, 16);
  const isSurrogate = code >= 0xd800 && code <= 0xdfff;
  return code > 0x10ffff || isSurrogate ? null : new TextEncoder().encode(String.fromCodePoint(code));
}

function decodeUtf8(bytes: readonly number[]): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Uint8Array.from(bytes));
  } catch (error) {
    if (error instanceof TypeError) return null;
    throw error;
  }
}
