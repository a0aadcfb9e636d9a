import { escapeHtml, escapeQuery } from './escape-text.ts';
import { formatValue } from './go-format.ts';
import { isHarmlessAttribute } from './html-context.ts';
import { stringerText } from './stringer.ts';
import type { EscaperName } from './syntax.ts';
import { CallError } from './template-error.ts';
import { toJson } from './to-json.ts';
import { encodeUtf8 } from './utf8.ts';
import { typeName, type Value } from './value.ts';

/** What stands in place of a value that cannot be made safe. */
const UNSAFE = 'ZgotmplZ';

/** A value as text, and the type that says whether the author vouches for it. */
interface Escapable {
  readonly text: string;
  readonly type: string;
  readonly value: Value;
}

const escapers: Readonly<Record<EscaperName, (escapable: Escapable) => string>> = {
  html: ({ text, type }) => (type === 'template.HTML' ? text : replaceHtml(text)),
  attribute: ({ text, type }) => (type === 'template.HTML' ? keepEntities(stripTags(text)) : replaceHtml(text)),
  rcdata: ({ text, type }) => (type === 'template.HTML' ? keepEntities(text) : replaceHtml(text)),
  'unquoted-attribute': ({ text, type }) => {
    if (text === '') return UNSAFE;
    return type === 'template.HTML' ? replaceSpaces(keepEntities(stripTags(text))) : replaceSpaces(replaceHtml(text));
  },
  'html-name': ({ text, type }) => {
    if (type === 'template.HTMLAttr') return text;
    return /^[a-z0-9]+$/i.test(text) && isHarmlessAttribute(text) ? text : UNSAFE;
  },
  comment: () => '',
  'url-filter': ({ text, type }) => (type === 'template.URL' || isSafeUrl(text) ? text : `#${UNSAFE}`),
  'url-normaliser': ({ text }) => encodeUrl(text, true),
  'url-query': ({ text, type }) => encodeUrl(text, type === 'template.URL'),
  srcset: ({ text, type }) => {
    if (type === 'template.Srcset') return text;
    if (type === 'template.URL') return encodeUrl(text, true).replaceAll(',', '%2c');
    return text.split(',').map(filterSource).join(',');
  },
  'js-value': ({ text, type, value }) => (type === 'template.JS' ? text : jsValue(value)),
  'js-string': ({ text }) => replaceJs(text, /["&'+/<>\\`]/),
  'js-template': ({ text }) => replaceJs(text, /["&'+/<>\\`${}]/),
  'js-regexp': ({ text }) => (text === '' ? '(?:)' : replaceRegexp(text)),
  'css-string': ({ text }) => replaceCss(text),
  'css-value': ({ text, type }) => (type === 'template.CSS' ? text : filterCss(text)),
  'user-html': ({ text }) => escapeHtml(text),
  'user-urlquery': ({ text }) => escapeQuery(text),
};

/** One step of making a value safe for its place. What comes out is text, trusted no further than that. */
export function applyEscaper(value: Value, name: EscaperName): Value {
  const text = value === null ? '' : (stringerText(value) ?? formatValue(value));
  const escaped = escapers[name]({ text, type: typeName(value), value });
  // A filter that lets a trusted URL through leaves it trusted for the step after it.
  const isStillUrl = name === 'url-filter' && typeName(value) === 'template.URL';
  return isStillUrl ? value : escaped;
}

const HTML_ENTITIES: Readonly<Record<string, string>> = {
  '\0': '\u{fffd}',
  '"': '&#34;',
  '&': '&amp;',
  "'": '&#39;',
  '+': '&#43;',
  '<': '&lt;',
  '>': '&gt;',
};

function replaceHtml(text: string): string {
  return text.replace(/[\0"&'+<>]/g, (character) => HTML_ENTITIES[character] ?? character);
}

/** For text that may hold entities already. */
function keepEntities(text: string): string {
  return text.replace(/[\0"'+<>]/g, (character) => HTML_ENTITIES[character] ?? character);
}

/** What would end an unquoted attribute. */
function replaceSpaces(text: string): string {
  return text.replace(/[\t\n\v\f\r =`]/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** The text of a piece of HTML without tags and comments. */
function stripTags(html: string): string {
  return html.replace(/<!--[\s\S]*?(?:-->|$)|<\/?[a-z][^>]*(?:>|$)/gi, '');
}

/** Only links that run nothing: http, https, mailto, or no scheme at all. */
function isSafeUrl(url: string): boolean {
  const colon = url.indexOf(':');
  if (colon < 0 || url.slice(0, colon).includes('/')) return true;
  return /^(https?|mailto)$/i.test(url.slice(0, colon));
}

/** Percent-encodes; `keepsReserved` leaves what has a meaning in a URL, and what is encoded already. */
function encodeUrl(url: string, keepsReserved: boolean): string {
  const kept = keepsReserved ? /%(?=[0-9a-fA-F]{2})|[A-Za-z0-9\-._~!#$&*+,/:;=?@[\]]/y : /[A-Za-z0-9\-._~]/y;
  let encoded = '';
  for (let at = 0; at < url.length; ) {
    const character = String.fromCodePoint(url.codePointAt(at) ?? 0xfffd);
    kept.lastIndex = at;
    encoded += kept.test(url) ? character : percentEncode(character);
    at += character.length;
  }
  return encoded;
}

function percentEncode(character: string): string {
  return Array.from(encodeUtf8(character), (byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
}

/** One image of a srcset: its URL and a width or density. */
function filterSource(source: string): string {
  const [, before = '', url = '', after = ''] = /^([\t\n\f\r ]*)([^\t\n\f\r ]*)([\s\S]*)$/.exec(source) ?? [];
  if (!isSafeUrl(url) || !/^[a-z0-9.\t\n\f\r ]*$/i.test(after)) return `#${UNSAFE}`;
  return before + encodeUrl(url, true).replaceAll(',', '%2c') + after;
}

/** A value as a JavaScript expression, set apart from words beside it. */
function jsValue(value: Value): string {
  const isTime = typeof value === 'object' && value?.kind === 'time';
  const plain = isTime || typeof value !== 'object' ? value : (stringerText(value) ?? value);
  const json = jsonOrNull(plain);
  return /^[\w$]|[\w$]$/.test(json) ? ` ${json} ` : json;
}

function jsonOrNull(value: Value): string {
  try {
    return toJson(value);
  } catch (error) {
    if (error instanceof CallError) return ' /* unprintable value */null ';
    throw error;
  }
}

const JS_NAMED: Readonly<Record<string, string>> = {
  '\t': '\\t',
  '\n': '\\n',
  '\f': '\\f',
  '\r': '\\r',
  '/': '\\/',
  '\\': '\\\\',
};

function replaceJs(text: string, special: RegExp): string {
  const pattern = new RegExp(`${special.source}|[\\0-\\x1f\\u2028\\u2029]`, 'g');
  return text.replace(pattern, (character) => JS_NAMED[character] ?? unicodeEscape(character));
}

function unicodeEscape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

function replaceRegexp(text: string): string {
  return text.replace(/[\p{Cc}"&'+<>\u2028\u2029$()*\-./?[\\\]^{|}]/gu, (character) => {
    if (/[$()*\-./?[\\\]^{|}]/.test(character)) return `\\${character}`;
    return JS_NAMED[character] ?? unicodeEscape(character);
  });
}

/** A space ends an escape that the next character, whatever it will be, could prolong. */
function replaceCss(text: string): string {
  return text.replace(/[\0\t\n\f\r"&'()+/:;<>\\{}]/g, (character, at: number) => {
    if (character === '\\') return '\\\\';
    const next = text.charAt(at + 1);
    return `\\${character.charCodeAt(0).toString(16)}${next === '' || /[0-9a-fA-F\t\n\f\r ]/.test(next) ? ' ' : ''}`;
  });
}

/** Only values that are one word, number, colour or the like; nothing that could open a string, a block or a URL. */
function filterCss(text: string): string {
  const value = text.replace(
    /\\([0-9a-fA-F]{1,6})[\t\n\f\r ]?|\\([\s\S])/g,
    (_whole, hex?: string, literal?: string) => {
      if (hex === undefined) return literal ?? '';
      const code = Number.parseInt(hex, 16);
      return code <= 0x10ffff ? String.fromCodePoint(code) : '\u{fffd}';
    },
  );
  if (/[\0"'()/;@[\\\]`{}<>]|--/.test(value)) return UNSAFE;
  const letters = value.replace(/[^\w\u0080-\u{10ffff}-]/gu, '').toLowerCase();
  return letters.includes('expression') || letters.includes('mozbinding') ? UNSAFE : value;
}
