import { describeRune, rawByte } from './quote.ts';

/** A string literal read: its value and where it ends (exclusive, after the closing quote); or why it cannot be. */
export type StringScan = { readonly value: string; readonly end: number } | { readonly error: string };

const SIMPLE_ESCAPES: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
};

const MAX_CODE_POINT = 0x10ffff;

/** Reads the literal that starts at `start` with a double quote, a single quote or a backtick. */
export function scanString(text: string, start: number): StringScan {
  const quote = text.charAt(start);
  return quote === '`' ? scanRaw(text, start) : scanQuoted(text, start, quote);
}

function scanRaw(text: string, start: number): StringScan {
  const close = text.indexOf('`', start + 1);
  const body = text.slice(start + 1, close === -1 ? text.length : close);
  if (body.includes('\uFFFD')) return { error: 'invalid UTF-8 rune' };
  return close === -1 ? { error: 'unterminated raw string' } : { value: body, end: close + 1 };
}

function scanQuoted(text: string, start: number, quote: string): StringScan {
  const parts: string[] = [];
  let plainFrom = start + 1;
  for (let at = plainFrom; at < text.length; at++) {
    const char = text.charAt(at);
    if (char === '\n') break;
    if (char === '\uFFFD') return { error: 'invalid UTF-8 rune' };
    if (char !== quote && char !== '\\') continue;
    parts.push(text.slice(plainFrom, at));
    if (char === quote) return { value: joinBytes(parts), end: at + 1 };
    const escaped = scanEscape(text, at + 1, quote);
    if ('error' in escaped) return escaped;
    parts.push(escaped.value);
    plainFrom = escaped.end;
    at = escaped.end - 1;
  }
  return { error: 'unterminated quoted string' };
}

function scanEscape(text: string, at: number, quote: string): StringScan {
  const char = charAt(text, at);
  if (char === '') return { error: 'escape sequence not terminated' };
  const simple = char === quote ? quote : SIMPLE_ESCAPES[char];
  if (simple !== undefined) return { value: simple, end: at + 1 };
  if (char >= '0' && char <= '7') return scanCode(text, at, { digits: 3, base: 8 });
  if (char === 'x') return scanCode(text, at + 1, { digits: 2, base: 16 });
  if (char === 'u') return scanCode(text, at + 1, { digits: 4, base: 16 });
  if (char === 'U') return scanCode(text, at + 1, { digits: 8, base: 16 });
  return { error: `unknown escape sequence ${describeRune(char)}` };
}

// Two hexadecimal or three octal digits make a byte, longer ones a code point.
function scanCode(text: string, start: number, form: { digits: number; base: number }): StringScan {
  let code = 0;
  for (let at = start; at < start + form.digits; at++) {
    const char = charAt(text, at);
    if (char === '') return { error: 'escape sequence not terminated' };
    const digit = /^[0-9a-fA-F]$/.test(char) ? Number.parseInt(char, 16) : form.base;
    if (digit >= form.base) return { error: `illegal character ${describeRune(char)} in escape sequence` };
    code = code * form.base + digit;
  }
  const isByte = form.digits < 4;
  const limit = isByte ? 0xff : MAX_CODE_POINT;
  if (code > limit || (code >= 0xd800 && code < 0xe000)) {
    return { error: 'escape sequence is an invalid Unicode code point' };
  }
  const value = isByte && code >= 0x80 ? rawByte(code) : String.fromCodePoint(code);
  return { value, end: start + form.digits };
}

function charAt(text: string, at: number): string {
  const code = text.codePointAt(at);
  return code === undefined ? '' : String.fromCodePoint(code);
}

// Raw bytes written next to each other may spell a character ("\xc3\xa9" is é).
function joinBytes(parts: readonly string[]): string {
  return parts.join('').replace(/[\uDC80-\uDCFF]+/gu, decodeBytes);
}

function decodeBytes(run: string): string {
  let decoded = '';
  for (let at = 0; at < run.length; ) {
    const [char, length] = decodeOne(run, at);
    decoded += char;
    at += length;
  }
  return decoded;
}

function decodeOne(run: string, at: number): readonly [char: string, length: number] {
  const byteAt = (index: number): number => run.charCodeAt(index) - 0xdc00;
  const lead = byteAt(at);
  const length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc2 ? 2 : 1;
  const raw = [run.charAt(at), 1] as const;
  if (length === 1 || lead > 0xf4 || at + length > run.length) return raw;
  let code = lead & (0xff >> (length + 1));
  for (let i = 1; i < length; i++) {
    const next = byteAt(at + i);
    if (next < 0x80 || next > 0xbf) return raw;
    code = (code << 6) | (next & 0x3f);
  }
  const least = length === 2 ? 0x80 : length === 3 ? 0x800 : 0x10000;
  const isSurrogate = code >= 0xd800 && code < 0xe000;
  if (code < least || code > MAX_CODE_POINT || isSurrogate) return raw;
  return [String.fromCodePoint(code), length];
}
