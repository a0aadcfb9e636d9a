import { byteLength, quoteString } from './quote.ts';

/**
 * Kinds of tokens. "identifier" may be a metric or a function, "metric" is a name with a colon,
 * "word" is reserved in some places and a name in others, "symbol" everything written without letters.
 */
export type TokenKind = 'end' | 'identifier' | 'metric' | 'string' | 'number' | 'duration' | 'word' | 'symbol';

/** One token. */
export interface Token {
  readonly kind: TokenKind;
  /** As written. */
  readonly text: string;
  /** In lower case, for words and symbols; "" for the rest. */
  readonly word: string;
  /** What a string literal stands for; "" for the rest. */
  readonly value: string;
  readonly start: number;
  readonly end: number;
}

const AGGREGATORS = new Set(
  'avg bottomk count count_values group limit_ratio limitk max min quantile stddev stdvar sum topk'.split(' '),
);
const OPERATORS = new Set('and or unless atan2 + - * / % ^ == != < <= > >= </ >/ =~ !~ @'.split(' '));
const KEYWORDS = new Set(
  'bool by group_left group_right ignoring offset on without anchored smoothed fill fill_left fill_right'.split(' '),
);
const PREPROCESSORS = new Set(['start', 'end']);

/** Words that cannot be the name of a metric written without quotes. */
const NEVER_METRICS = new Set(['bool', 'on', 'ignoring', 'group_left', 'group_right', 'atan2']);

/** Words that never are label names in by(), on() and their kind. */
const NEVER_LABELS = new Set(['without']);

const FILL_WORDS = new Set(['fill', 'fill_left', 'fill_right']);

/** How a word written in `text` reads outside of braces; null for an ordinary name. Words know no case. */
export function reservedWord(text: string): string | null {
  const word = text.toLowerCase();
  const reserved = AGGREGATORS.has(word) || OPERATORS.has(word) || KEYWORDS.has(word) || PREPROCESSORS.has(word);
  return reserved ? word : null;
}

/** `fill` and its kind are words only before a parenthesis. */
export function needsParenthesis(word: string): boolean {
  return FILL_WORDS.has(word);
}

export function isAggregator(token: Token): boolean {
  return token.kind === 'word' && AGGREGATORS.has(token.word);
}

/** Whether the token can stand for a metric of that name. */
export function isMetricName(token: Token): boolean {
  if (token.kind === 'identifier' || token.kind === 'metric') return true;
  return token.kind === 'word' && !NEVER_METRICS.has(token.word);
}

/** Whether an expression can begin with the token. */
export function startsExpression(token: Token): boolean {
  if (token.kind === 'symbol') return ['(', '{', '+', '-'].includes(token.word);
  return token.kind === 'word' ? isMetricName(token) : token.kind !== 'end';
}

/** Whether the token can stand, unquoted, in a list of label names. */
export function isGroupingLabel(token: Token): boolean {
  if (token.kind === 'identifier' || token.kind === 'metric') return true;
  return token.kind === 'word' && !NEVER_LABELS.has(token.word);
}

const LONGEST_SHOWN_BYTES = 10;

/** The token as Prometheus names it in a message: `identifier "x"`, `<by>`, `<op:+>`, `"("`, `end of input`. */
export function describeToken(token: Token): string {
  const { kind, text, word } = token;
  if (kind === 'end') return 'end of input';
  if (kind === 'identifier') return `identifier ${quoteString(text)}`;
  if (kind === 'metric') return `metric identifier ${quoteString(text)}`;
  if (KEYWORDS.has(word)) return `<${text}>`;
  if (OPERATORS.has(word)) return `<op:${text}>`;
  if (AGGREGATORS.has(word)) return `<aggr:${text}>`;
  const shown = shortened(text);
  return kind === 'word' || kind === 'symbol' ? shown : `${kind} ${shown}`;
}

function shortened(text: string): string {
  if (byteLength(text) <= LONGEST_SHOWN_BYTES) return quoteString(text);
  return `${quoteString([...text].slice(0, LONGEST_SHOWN_BYTES).join(''))}...`;
}
