import { METRIC_NAME } from '../model/labels.ts';
import { createMatcher, type Matcher, type MatchOperator } from '../model/matcher.ts';
import type { VectorSelector } from './ast.ts';
import type { Cursor } from './cursor.ts';
import { isMetricName, type Token } from './token.ts';

const MATCH_OPERATORS: ReadonlyMap<string, MatchOperator> = new Map([
  ['=', '='],
  ['!=', '!='],
  ['=~', '=~'],
  ['!~', '!~'],
]);

/** `name`, `name{…}` or `{…}`. `name` is the token of a metric name taken already, or null. */
export function parseVectorSelector(cursor: Cursor, name: Token | null): VectorSelector {
  const start = name?.start ?? cursor.peek().start;
  const written = cursor.at('{') ? parseMatchers(cursor) : [];
  return {
    kind: 'vectorSelector',
    span: cursor.spanFrom(start),
    name: name?.text ?? null,
    matchers: name === null ? written : [...written, nameMatcher(name.text)],
    offset: null,
    at: null,
    extension: null,
  };
}

/** The whole text as one selector. */
export function parseLoneSelector(cursor: Cursor): readonly Matcher[] {
  const token = cursor.peek();
  const name = isMetricName(token) ? cursor.take() : null;
  if (name === null && token.word !== '{') cursor.unexpected();
  const selector = parseVectorSelector(cursor, name);
  if (cursor.peek().kind !== 'end') cursor.unexpected();
  return selector.matchers;
}

function parseMatchers(cursor: Cursor): readonly Matcher[] {
  const matchers: Matcher[] = [];
  cursor.take();
  while (!cursor.at('}')) {
    const matcher = parseMatcher(cursor);
    if (matcher !== null) matchers.push(matcher);
    if (!cursor.at('}') && cursor.accept(',') === null) cursor.unexpected(' in label matching, expected "," or "}"');
  }
  cursor.take();
  return matchers;
}

/** Null when its regular expression does not parse, which is noted. */
function parseMatcher(cursor: Cursor): Matcher | null {
  const token = cursor.peek();
  if (token.kind !== 'identifier' && token.kind !== 'string') {
    cursor.unexpected(' in label matching, expected identifier or "}"');
  }
  const label = cursor.take();
  const operator = MATCH_OPERATORS.get(cursor.peek().word);
  if (operator === undefined) {
    if (label.kind === 'string') return nameMatcher(label.value);
    return cursor.unexpected(' in label matching, expected label matching operator');
  }
  cursor.take();
  if (cursor.peek().kind !== 'string') cursor.unexpected(' in label matching, expected string');
  const { value } = cursor.take();
  const span = cursor.spanFrom(label.start);
  const name = label.kind === 'string' ? label.value : label.text;
  const matcher = createMatcher(name, operator, value, (source) => cursor.compileRegex(source, span));
  if (!('error' in matcher)) return matcher;
  cursor.problems.add(span, matcher.error);
  return null;
}

function nameMatcher(value: string): Matcher {
  return { name: METRIC_NAME, operator: '=', value, matches: (text) => text === value };
}
