import { isPrintable } from './go-quote.ts';
import { encodeUtf8 } from './utf8.ts';

const HTML_ENTITIES: Readonly<Record<string, string>> = {
  '"': '&#34;',
  "'": '&#39;',
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '\0': '\u{fffd}',
};

/** What the `html` function does: the five characters with a meaning in HTML become entities. */
export function escapeHtml(text: string): string {
  return text.replace(/["'&<>\0]/g, (character) => HTML_ENTITIES[character] ?? character);
}

const JS_ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', "'": "\\'", '"': '\\"' };

/** What the `js` function does: safe between the quotes of a JavaScript string. */
export function escapeJs(text: string): string {
  return text.replace(/[\\'"<>&=\p{Cc}]|[^\x20-\x7e]/gu, (character) => {
    const named = JS_ESCAPES[character];
    if (named !== undefined) return named;
    const code = character.codePointAt(0) ?? 0;
    if (code > 0x7e && isPrintable(character)) return character;
    return `\\u${code.toString(16).toUpperCase().padStart(4, '0')}`;
  });
}

/** What the `urlquery` function does: form encoding, spaces as `+`. */
export function escapeQuery(text: string): string {
  let escaped = '';
  for (const byte of encodeUtf8(text)) {
    const character = String.fromCharCode(byte);
    if (/[A-Za-z0-9\-_.~]/.test(character)) escaped += character;
    else escaped += byte === 0x20 ? '+' : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return escaped;
}
