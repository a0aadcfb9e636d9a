/**
 * Matchers as people write them: `severity=~"warning|critical"`. Alertmanager has two grammars, the UTF-8 one and the classic one;
 * a text that only the classic one takes, or that both read differently, gets its classic meaning. Errors are classic texts.
 * Neighbours: config-routes.ts and config-inhibit.ts read lists of matchers, lib/api reads `filter` parameters.
 */
import { goQuote, goUnquote } from '../model/go-text.ts';
import { compareText } from '../model/labels.ts';
import { createMatcher, type Matcher, type MatchOperator } from '../model/matcher.ts';

type Parsed<T> = T | { readonly error: string };

/** Longest text that is read as matchers, in UTF-16 units. */
const MAX_MATCHER_TEXT_LENGTH = 20_000;

/** One or more matchers, comma separated, optionally in braces; empty text and `{}` are no matchers. Alertmanager's message when wrong. */
export function parseMatchers(text: string): Parsed<readonly Matcher[]> {
  if (text.length > MAX_MATCHER_TEXT_LENGTH) return tooLong(text);
  return reconcile(parseUtf8(text), parseClassic(text));
}

/** Exactly one matcher, as in an API `filter` and on amtool's command line: braces are refused, `a=b,c=d` is a="b,c=d". */
export function parseMatcher(text: string): Parsed<Matcher> {
  if (text.length > MAX_MATCHER_TEXT_LENGTH) return tooLong(text);
  if (text.startsWith('{') || text.endsWith('}')) return { error: `unexpected open or close brace: ${text}` };
  const several = parseUtf8(text);
  const [only, ...others] = 'error' in several ? [] : several;
  const single: Parsed<readonly Matcher[]> =
    only === undefined || others.length > 0 ? { error: 'expected 1 matcher' } : [only];
  const classic = parseClassicMatcher(text);
  const agreed = reconcile(single, 'error' in classic ? classic : [classic]);
  if ('error' in agreed) return agreed;
  const [matcher] = agreed;
  return matcher ?? { error: `bad matcher format: ${text}` };
}

/** `name op "value"` without spaces, as group keys, routes and `/status` show it. Parses back to the same matcher. */
export function printMatcher(matcher: Pick<Matcher, 'name' | 'operator' | 'value'>): string {
  const { name, operator, value } = matcher;
  if ([...name].some(isReserved)) return `${goQuote(name)}${operator}${goQuote(value)}`;
  const escaped = value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"');
  return `${name}${operator}"${escaped}"`;
}

/** `{m1,m2}` with a bare comma. */
export function printMatchers(matchers: readonly Matcher[]): string {
  return `{${matchers.map(printMatcher).join(',')}}`;
}

const operatorRank: Readonly<Record<MatchOperator, number>> = { '=': 0, '!=': 1, '=~': 2, '!~': 3 };

/** Order of matchers within a route or a rule: by name, value, operator. */
export function compareMatchers(a: Matcher, b: Matcher): number {
  return (
    compareText(a.name, b.name) || compareText(a.value, b.value) || operatorRank[a.operator] - operatorRank[b.operator]
  );
}

/** A matcher whose regular expression error names the anchored text, as Alertmanager's messages do. */
export function createAnchoredMatcher(name: string, operator: MatchOperator, value: string): Parsed<Matcher> {
  const matcher = createMatcher(name, operator, value);
  if (!('error' in matcher)) return matcher;
  const anchored = createMatcher(name, operator, `^(?:${value})$`);
  return 'error' in anchored ? anchored : matcher;
}

function tooLong(text: string): { readonly error: string } {
  return { error: `matchers of ${text.length} characters exceed ${MAX_MATCHER_TEXT_LENGTH}` };
}

function reconcile(utf8: Parsed<readonly Matcher[]>, classic: Parsed<readonly Matcher[]>): Parsed<readonly Matcher[]> {
  if ('error' in classic) return 'error' in utf8 ? classic : utf8;
  if ('error' in utf8) return classic;
  const sameText = printMatchers(utf8) === printMatchers(classic);
  return sameText ? utf8 : classic;
}

const CLASSIC_MATCHER = /^([a-zA-Z_:][a-zA-Z0-9_:]*)[\t\n\f\r ]*(=~|=|!=|!~)[\t\n\f\r ]*(.*)$/s;
const BLANKS_AROUND = /^[\t\n\f\r ]+|(?<![\t\n\f\r ])[\t\n\f\r ]+$/g;

function parseClassic(text: string): Parsed<readonly Matcher[]> {
  const matchers: Matcher[] = [];
  for (const part of splitOutsideQuotes(text.replace(/^\{/, '').replace(/\}$/, ''))) {
    const matcher = parseClassicMatcher(part);
    if ('error' in matcher) return matcher;
    matchers.push(matcher);
  }
  return matchers;
}

/** Parts between commas that are not in double quotes. A blank last part is dropped, a blank one before a comma is kept. */
function splitOutsideQuotes(text: string): string[] {
  const parts: string[] = [];
  let part = '';
  let inQuotes = false;
  let escaped = false;
  for (const character of text) {
    if (character === ',' && !inQuotes) {
      parts.push(part);
      part = '';
      continue;
    }
    if (character === '"' && !escaped) inQuotes = !inQuotes;
    escaped = character === '\\' && !escaped;
    part += character;
  }
  return part.trim() === '' ? parts : [...parts, part.trim()];
}

function parseClassicMatcher(text: string): Parsed<Matcher> {
  const [, name = '', operator = '=', rawValue = ''] = CLASSIC_MATCHER.exec(text.replace(BLANKS_AROUND, '')) ?? [];
  if (name === '') return { error: `bad matcher format: ${text}` };
  const value = unescapeClassic(rawValue);
  if (value === null) return { error: `matcher value contains unescaped double quote: ${rawValue}` };
  // The expression above matches these four operators only.
  return createAnchoredMatcher(name, operator as MatchOperator, value);
}

function unescapeClassic(rawValue: string): string | null {
  const isQuoted = rawValue.startsWith('"');
  const inner = isQuoted ? rawValue.slice(1) : rawValue;
  let closed = false;
  let value = '';
  for (let i = 0; i < inner.length; i++) {
    const character = inner[i] ?? '';
    const next = inner[i + 1];
    if (character === '"') {
      if (!isQuoted || next !== undefined) return null;
      closed = true;
    } else if (character === '\\' && next !== undefined) {
      value += next === 'n' ? '\n' : next === '"' || next === '\\' ? next : `\\${next}`;
      i++;
    } else value += character;
  }
  return isQuoted && !closed ? null : value;
}

const RESERVED = new Set('{}!=~,\\"\'`');

function isReserved(character: string): boolean {
  return RESERVED.has(character) || /[\s\x85]/.test(character);
}

// A quoted text, an operator, a bracket or comma, or a bare word up to the next reserved character.
const UTF8_TOKEN = /\s*(?:("(?:[^"\\]|\\.)*")|(=~|!=|!~|=)|([{},])|([^\s{}!=~,\\"'`\x85]+))/sy;

interface Token {
  readonly kind: 'word' | 'operator' | 'mark';
  readonly text: string;
}

const INVALID = { error: 'not a matcher in the UTF-8 grammar' };

function parseUtf8(text: string): Parsed<readonly Matcher[]> {
  const tokens = readTokens(text.trimEnd());
  if (tokens === null) return INVALID;
  const isBraced = isMark(tokens[0], '{');
  if (isBraced !== isMark(tokens.at(-1), '}') || (isBraced && tokens.length < 2)) return INVALID;
  const inner = isBraced ? tokens.slice(1, -1) : tokens;
  const matchers: Matcher[] = [];
  for (let i = 0; i < inner.length; i += 4) {
    const [name, operator, value, comma] = inner.slice(i, i + 4);
    if (name?.kind !== 'word' || operator?.kind !== 'operator' || value?.kind !== 'word') return INVALID;
    if (comma !== undefined && !isMark(comma, ',')) return INVALID;
    // Tokens of this kind are one of the four operators.
    const matcher = createAnchoredMatcher(name.text, operator.text as MatchOperator, value.text);
    if ('error' in matcher) return matcher;
    matchers.push(matcher);
  }
  return matchers;
}

function isMark(token: Token | undefined, mark: string): boolean {
  return token?.kind === 'mark' && token.text === mark;
}

function readTokens(text: string): readonly Token[] | null {
  const tokens: Token[] = [];
  UTF8_TOKEN.lastIndex = 0;
  while (UTF8_TOKEN.lastIndex < text.length) {
    const match = UTF8_TOKEN.exec(text);
    if (match === null) return null;
    const [, quoted, operator, mark, bare] = match;
    if (operator !== undefined) tokens.push({ kind: 'operator', text: operator });
    else if (mark !== undefined) tokens.push({ kind: 'mark', text: mark });
    else {
      const word = quoted === undefined ? bare : goUnquote(quoted);
      if (word === null || word === undefined) return null;
      tokens.push({ kind: 'word', text: word });
    }
  }
  return tokens;
}
