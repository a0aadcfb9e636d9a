import type { Issue } from '../model/issue.ts';
import type { ValueType } from './ast.ts';
import { findSignature, SIGNATURES } from './signatures.ts';

/** A rule of thumb: when the message matches, what its author probably wanted. */
interface Hint {
  readonly message: RegExp;
  suggest(parts: HintParts): string | null;
}

/** Pieces of the expression around the issue, each cut to what a hint may look at. */
interface HintParts {
  readonly match: RegExpExecArray;
  /** What stands before the issue's span; null when it is too long to be repeated. */
  readonly before: string | null;
  /** The text at the span. */
  readonly place: string;
  /** What follows the span's start. */
  readonly after: string;
}

const MAX_REPEATED_CHARS = 1000;
const MAX_REGARDED_CHARS = 10_000;

const HINTS: readonly Hint[] = [
  // Words and signs of other languages.
  { message: /unexpected "=" in label matching/, suggest: () => 'labels are compared with =, !=, =~ or !~' },
  { message: /unexpected "="$/, suggest: () => 'values are compared with ==, labels inside braces' },
  { message: /unexpected <op:>>$/, suggest: ({ before }) => (before?.endsWith('<') ? 'did you mean !=?' : null) },
  { message: /unexpected <op:\*>$/, suggest: ({ before }) => (before?.endsWith('*') ? 'did you mean ^?' : null) },
  { message: /unexpected character: '&'/, suggest: () => 'did you mean and?' },
  { message: /unexpected character: '\|'/, suggest: () => 'did you mean or?' },
  {
    message: /unexpected character: '\.'/,
    suggest: () => 'names with other characters than letters, digits and _ stand in quotes in braces: {"a.b"}',
  },
  { message: /unexpected character(?: inside braces)?: '[“”‘’]'/, suggest: () => 'quotes are straight: " or \'' },
  { message: /unexpected character after '!'/, suggest: () => 'did you mean != or unless?' },
  { message: /unexpected character after '=': '~'/, suggest: () => 'regular expressions match labels, inside braces' },
  {
    message: /unexpected identifier "(and|or)" in label matching/,
    suggest: ({ match }) =>
      match[1] === 'and'
        ? 'conditions are separated by commas'
        : 'values of one label are alternatives in a regular expression: a=~"b|c"',
  },
  {
    message: /in label matching, expected "," or "}"/,
    suggest: () => 'conditions are separated by commas',
  },
  {
    message: /unexpected identifier "in" in label matching/,
    suggest: () => 'did you mean =~ with alternatives, a=~"b|c"?',
  },
  {
    message: /in label matching, expected string/,
    suggest: ({ place }) => (/^\w+$/.test(place) ? `values stand in quotes: "${place}"` : null),
  },
  {
    message: /unexpected character inside braces: '\d'/,
    suggest: () => 'names of labels begin with a letter, and their values stand in quotes',
  },
  { message: /unexpected character inside braces: ':'/, suggest: () => 'labels are compared with =, !=, =~ or !~' },

  // Strings, regular expressions, lengths.
  {
    message: /unknown escape sequence/,
    suggest: () => 'write the backslash twice, or the string between backticks, where it needs no escapes',
  },
  {
    message: /invalid or unsupported Perl syntax|invalid escape sequence: `\\\d/,
    suggest: () => 'regular expressions are RE2, without look-around and back-references',
  },
  { message: /missing argument to repetition operator: `\*`/, suggest: () => 'any text is .*' },
  { message: /unknown unit "\." in duration/, suggest: () => 'durations are whole numbers with units, such as 1h30m' },
  {
    message: /bad number or duration syntax: "\d+[a-z]/,
    suggest: () => 'units of time are y, w, d, h, m, s and ms',
  },
  { message: /not a valid duration string/, suggest: () => 'units come largest first and once each: y w d h m s ms' },
  { message: /unexpected character: '[a-z]', expected ':'/, suggest: () => 'no blank stands before a unit: [5m]' },

  // Grouping and matching.
  {
    message: /unexpected <(by|without)>$/i,
    suggest: ({ after, before }) => suggestAggregation(before, after),
  },
  {
    message: /in grouping opts, expected "\("/,
    suggest: ({ place }) => (/^\w+$/.test(place) ? `labels stand in parentheses: (${place})` : null),
  },
  {
    message: /unexpected <(group_left|group_right)>$/i,
    suggest: ({ match }) => `${match[1]} stands behind on (…) or ignoring (…), and these behind an operator`,
  },
  {
    message: /set operator "\w+" not allowed in binary scalar expression/,
    suggest: () => 'vector(…) makes an instant vector of a scalar',
  },
  {
    message: /no grouping allowed for/,
    suggest: () => 'set operators match many to many, without group_left and group_right',
  },
  {
    message: /comparisons between scalars must use BOOL/,
    suggest: () => 'write bool behind the operator, as in 1 == bool 2',
  },

  // Selectors, ranges and modifiers.
  {
    message: /must contain at least one non-empty matcher/,
    suggest: () => 'name a metric, or a label that must not be empty, as in {job!=""}',
  },
  {
    message: /metric name must not be set twice/,
    suggest: () => 'the name stands before the braces or in them',
  },
  { message: /ranges only allowed for vector selectors/, suggest: ({ before, place }) => suggestRange(before, place) },
  {
    message: /no (offset|@) modifiers allowed before range/,
    suggest: ({ match, place }) => `the range comes first: x${place} ${match[1] === '@' ? '@ 0' : 'offset 1h'}`,
  },
  {
    message: /(offset|@) modifier must be preceded by/,
    suggest: ({ match }) => `${match[1]} stands directly behind a selector, within the functions around it`,
  },

  // Types and arguments.
  {
    message: /expected type range vector in call to function "(\w+)", got instant vector/,
    suggest: ({ match, place }) => {
      const isSelector = /^[\w:]*(\{.*\})?$/s.test(place);
      return `${match[1]}() needs a range vector; did you mean ${isSelector ? `${place}[5m]` : `(${place})[5m:]`}?`;
    },
  },
  {
    message: /expected type instant vector in .*, got range vector|^.*unary expression.*"range vector"/,
    suggest: ({ place }) =>
      `a function over the range makes one value of it, as in rate(${place.replace(/^[+-]/, '')})`,
  },
  {
    message: /binary expression must contain only scalar and instant vector types/,
    suggest: ({ place }) =>
      place.endsWith(']') ? `a function over the range makes one value of it, as in rate(${place})` : null,
  },
  {
    message: /expected type \w+(?: \w+)? in aggregation (?:expression|parameter)/,
    suggest: () => 'the parameter comes first, as in topk(5, x)',
  },
  {
    message: /wrong number of arguments for aggregate expression provided, expected 2/,
    suggest: () => 'the parameter comes first, as in topk(5, x)',
  },
  {
    message: /wrong number of arguments for aggregate expression provided, expected 1/,
    suggest: () => 'an aggregation takes one instant vector, whose values are taken together',
  },
  {
    message: /argument\(s\) in call to "(\w+)"|expected type scalar in call to function "(\w+)"/,
    suggest: ({ match }) => describeCall(match[1] ?? match[2] ?? ''),
  },
  {
    message: /expected type instant vector in call to function "\w+", got scalar/,
    suggest: ({ place }) => `did you mean vector(${place})?`,
  },
  { message: /unknown function with name "(\w+)"/, suggest: ({ match }) => suggestFunction(match[1] ?? '') },

  // What has to be switched on.
  {
    message: /function "\w+" is not enabled|is experimental and must be enabled/,
    suggest: () => suggestFeature('promql-experimental-functions'),
  },
  { message: /experimental duration expression is not enabled/, suggest: () => suggestFeature('promql-duration-expr') },
  {
    message: /(?:anchored|smoothed) modifier is experimental and not enabled/,
    suggest: () => suggestFeature('promql-extended-range-selectors'),
  },
  {
    message: /fill modifiers are experimental and not enabled/,
    suggest: () => suggestFeature('promql-binop-fill-modifiers'),
  },
];

/** What would be right, where a message has a usual cause; null otherwise. */
export function hintFor(text: string, issue: Issue): string | null {
  const { start, end } = issue.span ?? { start: 0, end: 0 };
  // What a hint repeats is short, and what it looks at is bounded, however long the expression.
  if (end - start > MAX_REPEATED_CHARS) return null;
  for (const hint of HINTS) {
    const match = hint.message.exec(issue.message);
    if (match === null) continue;
    return hint.suggest({
      match,
      before: start > MAX_REPEATED_CHARS ? null : text.slice(0, start),
      place: text.slice(start, end),
      after: text.slice(start, start + MAX_REGARDED_CHARS),
    });
  }
  return null;
}

function suggestAggregation(before: string | null, after: string): string {
  const [clause = '', word = ''] = /^(by|without)\s*\([^()]*\)/i.exec(after) ?? [];
  const advice = `${word === '' ? 'by' : word} belongs to an aggregation`;
  if (before === null || clause === '' || after.slice(clause.length).trim() !== '') return advice;
  return `${advice}; did you mean sum ${clause} (${withoutComments(before)})?`;
}

function withoutComments(text: string): string {
  return text.replaceAll(/^\s*#.*$/gm, '').trim();
}

/** `rate(x)[5m]`: the range belongs to the selector. */
function suggestRange(before: string | null, range: string): string {
  const [, name = '', selector = ''] = /(\w+)\(([\w:]*(?:\{[^{}]*\})?)\)$/.exec(before ?? '') ?? [];
  const takesRange = selector !== '' && findSignature(name)?.args.at(-1) === 'matrix';
  return takesRange
    ? `did you mean ${name}(${selector}${range})?`
    : 'a range over an expression is a subquery: (…)[5m:]';
}

const SHOWN_TYPES: Readonly<Record<ValueType, string>> = {
  scalar: 'scalar',
  string: 'string',
  vector: 'instant vector',
  matrix: 'range vector',
};

/** `clamp(instant vector, scalar, scalar)`; what may be left out in brackets. */
function describeCall(name: string): string | null {
  const signature = findSignature(name);
  if (signature === null) return null;
  const { args, variadic } = signature;
  const shown = args.map((type) => SHOWN_TYPES[type]);
  const last = shown.at(-1) ?? '';
  if (variadic !== 0) shown.splice(-1, 1, `[${last}${variadic === 1 ? '' : '…'}]`);
  return `it is ${name}(${shown.join(', ')})`;
}

function suggestFeature(feature: string): string {
  return `add ${feature} to query.features in tocsin.yml`;
}

/** What other languages call functions of this one. */
const FOREIGN_NAMES: ReadonlyMap<string, string> = new Map([
  ['average', 'avg'],
  ['mean', 'avg'],
  ['median', 'quantile(0.5, …)'],
  ['percentile', 'quantile(0.9, …) or histogram_quantile(0.9, …)'],
  ['len', 'count'],
  ['length', 'count'],
  ['std', 'stddev'],
  ['now', 'time()'],
  ['if', 'a filter, as in x and y > 0'],
  ['moving_average', 'avg_over_time'],
  ['derivative', 'deriv'],
  ['power', '^'],
  ['pow', '^'],
  ['log', 'ln'],
  ['coalesce', 'or'],
  ['isnull', 'absent'],
]);

const MOST_EDITS = 2;
const LETTERS_PER_EDIT = 4;

function suggestFunction(name: string): string | null {
  const foreign = FOREIGN_NAMES.get(name.toLowerCase());
  if (foreign !== undefined) return `did you mean ${foreign}?`;
  let best: { name: string; edits: number } = { name: '', edits: MOST_EDITS + 1 };
  for (const candidate of Object.keys(SIGNATURES)) {
    const edits = countEdits(name.toLowerCase(), candidate);
    if (edits < best.edits) best = { name: candidate, edits };
  }
  return best.edits > Math.min(MOST_EDITS, name.length / LETTERS_PER_EDIT) ? null : `did you mean ${best.name}?`;
}

/** Insertions, deletions and replacements that turn `a` into `b`; more than MOST_EDITS counts as MOST_EDITS + 1. */
function countEdits(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > MOST_EDITS) return MOST_EDITS + 1;
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return Math.min(row[b.length] ?? 0, MOST_EDITS + 1);
}
