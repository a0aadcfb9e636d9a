/** YAML in the style of Go's yaml.v2, which is what amtool shows and compares: lists not indented, long lines folded after column 80. */
import type { Rendered } from './config-fields.ts';
import { resolvePlain } from './config-yaml.ts';

const BEST_WIDTH = 80;

/** A whole document, ending in a newline. */
export function renderYaml(value: Rendered): string {
  return `${block(value, 0, 0).trimStart()}\n`;
}

/** What follows a key or a dash: an inline value with a leading blank, or lines that begin with a newline. */
function block(value: Rendered, indent: number, column: number): string {
  if (value.kind === 'plain') return ` ${value.text}`;
  if (value.kind === 'text') return ` ${scalar(value.text, indent, column + 1)}`;
  if (value.kind === 'map') return value.entries.length === 0 ? ' {}' : mapLines(value.entries, indent);
  if (value.items.length === 0) return ' []';
  if (value.flow) return ` [${value.items.map(flowItem).join(', ')}]`;
  return value.items.map((item) => listItem(item, indent)).join('');
}

function mapLines(entries: readonly (readonly [string, Rendered])[], indent: number): string {
  const margin = ' '.repeat(indent);
  const lines = entries.map(([key, value]) => {
    const name = isPrintable(key) && !readsAsOther(key) ? plainOrSingle(key) : doubleQuoted(key);
    const inner = value.kind === 'list' ? indent : indent + 2;
    return `\n${margin}${name}:${block(value, inner, indent + name.length + 1)}`;
  });
  return lines.join('');
}

/** A mapping or list within a list begins on the line of its dash. */
function listItem(item: Rendered, indent: number): string {
  const nested = block(item, indent + 2, indent + 1);
  return `\n${' '.repeat(indent)}-${nested.startsWith('\n') ? ` ${nested.trimStart()}` : nested}`;
}

function flowItem(item: Rendered): string {
  const text = item.kind === 'text' || item.kind === 'plain' ? item.text : '';
  if (readsAsOther(text)) return doubleQuoted(text);
  return /[:,?[\]{}]/.test(text) ? singleQuoted(text) : plainOrSingle(text);
}

function scalar(text: string, indent: number, column: number): string {
  const isTold = isPrintable(text);
  if (text.includes('\n') && isTold && !/ (\n|$)/.test(text)) return literal(text, indent);
  if (text.includes('\n') || !isTold || readsAsOther(text)) return fold(doubleQuoted(text), indent, column);
  return fold(plainOrSingle(text), indent, column);
}

/** Texts that would be read back as something else than a text. */
function readsAsOther(text: string): boolean {
  const isBase60 = /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$/.test(text);
  const isTimestamp = /^\d{4}-\d{1,2}-\d{1,2}([Tt ].*)?$/.test(text);
  return typeof resolvePlain(text) !== 'string' || text === '<<' || isBase60 || isTimestamp;
}

function isPrintable(text: string): boolean {
  return !/[^\n\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\u{10000}-\u{10ffff}]/u.test(text);
}

function plainOrSingle(text: string): string {
  const startsSpecial = /^\s|^[#,[\]{}&*!|>'"%@`]|^(---|\.\.\.)|^[-?:](\s|$)/.test(text);
  return startsSpecial || /\s$|:(\s|$)|\s#/.test(text) ? singleQuoted(text) : text;
}

function singleQuoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

const named: Readonly<Record<string, string>> = { '"': '\\"', '\\': '\\\\', '\n': '\\n', '\t': '\\t', '\r': '\\r' };

function doubleQuoted(text: string): string {
  const special = /["\\]|[^\x20-\x7e\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\u{10000}-\u{10ffff}]/gu;
  const escaped = text.replace(special, (character) => {
    const hex = (character.codePointAt(0) ?? 0).toString(16).toUpperCase();
    return named[character] ?? (hex.length > 2 ? `\\u${hex.padStart(4, '0')}` : `\\x${hex.padStart(2, '0')}`);
  });
  return `"${escaped}"`;
}

function literal(text: string, indent: number): string {
  const margin = ' '.repeat(indent);
  const hint = /^[ \n]/.test(text) ? '2' : '';
  const ending = text.endsWith('\n\n') || text === '\n' ? '+' : text.endsWith('\n') ? '' : '-';
  const lines = text.replace(/\n$/, '').split('\n');
  return `|${hint}${ending}${lines.map((line) => (line === '' ? '\n' : `\n${margin}${line}`)).join('')}`;
}

/** Breaks at lone blanks once a line is longer than the best width; `column` is where the text begins. */
function fold(written: string, indent: number, column: number): string {
  let folded = '';
  let at = column;
  for (let i = 0; i < written.length; i++) {
    const character = written[i] ?? '';
    const isLoneBlank = character === ' ' && written[i - 1] !== ' ' && written[i + 1] !== ' ';
    if (isLoneBlank && i > 1 && i < written.length - 2 && at > BEST_WIDTH) {
      folded += `\n${' '.repeat(indent)}`;
      at = indent;
    } else {
      folded += character;
      at++;
    }
  }
  return folded;
}
