import type { Issue } from '../model/issue.ts';
import { SIGNATURES } from './signatures.ts';

/** A rule of thumb: when the message matches, what its author probably wanted. */
interface Hint {
  readonly message: RegExp;
  /** `place` is the text at the issue's span, `before` what stands before it, `after` what follows its start. */
  suggest(parts: HintParts): string | null;
}

interface HintParts {
  readonly match: RegExpExecArray;
  readonly before: string;
  readonly place: string;
  readonly after: string;
}

const HINTS: readonly Hint[] = [
  {
    message: /unexpected <(by|without)>$/i,
    suggest: ({ before, after }) => {
      const [clause = '', word = ''] = /^(by|without)\s*\([^()]*\)/i.exec(after) ?? [];
      const advice = `${word === '' ? 'by' : word} belongs to an aggregation`;
      if (clause === '' || after.slice(clause.length).trim() !== '') return advice;
      return `${advice}; did you mean sum ${clause} (${withoutComments(before)})?`;
    },
  },
  {
    message: /expected type range vector in call to function "(\w+)", got instant vector/,
    suggest: ({ match, place }) => {
      const isSelector = /^[\w:]*(\{.*\})?$/s.test(place);
      return `${match[1]}() needs a range vector; did you mean ${isSelector ? `${place}[5m]` : `(${place})[5m:]`}?`;
    },
  },
  {
    message: /expected type instant vector in .*, got range vector/,
    suggest: ({ place }) => `a function over the range makes one value of it, as in rate(${place})`,
  },
  {
    message: /binary expression must contain only scalar and instant vector types/,
    suggest: ({ place }) =>
      place.endsWith(']') ? `a function over the range makes one value of it, as in rate(${place})` : null,
  },
  {
    message: /ranges only allowed for vector selectors/,
    suggest: () => 'a range over an expression is a subquery: (…)[5m:]',
  },
  { message: /unexpected "="/, suggest: () => 'values are compared with ==, labels inside braces' },
  { message: /unexpected character: '&'/, suggest: () => 'did you mean and?' },
  { message: /unexpected character: '\|'/, suggest: () => 'did you mean or?' },
  { message: /unexpected character after '!'/, suggest: () => 'did you mean != or unless?' },
  { message: /unexpected character after '=': '~'/, suggest: () => 'regular expressions match labels, inside braces' },
  { message: /unknown unit "\." in duration/, suggest: () => 'durations are whole numbers with units, such as 1h30m' },
  {
    message: /not a valid duration string/,
    suggest: () => 'units come largest first and once each: y w d h m s ms',
  },
  { message: /unknown function with name "(\w+)"/, suggest: ({ match }) => suggestFunction(match[1] ?? '') },
  {
    message: /comparisons between scalars must use BOOL/,
    suggest: () => 'write bool behind the operator, as in 1 == bool 2',
  },
  {
    message: /in label matching, expected string/,
    suggest: ({ place }) => (/^\w+$/.test(place) ? `values stand in quotes: "${place}"` : null),
  },
];

/** What would be right, where a message has a usual cause; null otherwise. */
export function hintFor(text: string, issue: Issue): string | null {
  const { start, end } = issue.span ?? { start: 0, end: 0 };
  for (const hint of HINTS) {
    const match = hint.message.exec(issue.message);
    if (match === null) continue;
    return hint.suggest({
      match,
      before: text.slice(0, start),
      place: text.slice(start, end),
      after: text.slice(start),
    });
  }
  return null;
}

function withoutComments(text: string): string {
  return text.replaceAll(/^\s*#.*$/gm, '').trim();
}

const MOST_EDITS = 2;
const LETTERS_PER_EDIT = 4;

function suggestFunction(name: string): string | null {
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
