import type { Issue, Span } from '../model/issue.ts';
import { byteLength } from './quote.ts';

/** Longest expression accepted, in UTF-16 units. */
export const MAX_EXPRESSION_LENGTH = 1_000_000;

/** Deepest tree accepted: parentheses, calls, operators in a row. Everything downstream walks trees recursively. */
export const MAX_NESTING_LEVELS = 500;

/** Most tokens accepted: each may become a node or a condition, which take far more memory than their text. */
export const MAX_TOKENS = 100_000;

/** Steps of all regular expressions of one expression together, each counted once. About half a second of compiling. */
export const MAX_REGEX_STEPS_IN_ALL = 60_000;

/** Issues kept of one expression; whoever wrote it will look at the first few. */
const MAX_ISSUES = 20;

/** Thrown where parsing cannot go on; never leaves this folder. */
export class ParseStop extends Error {
  override name = 'ParseStop';
}

/**
 * The issues of one expression, in the order in which Prometheus would find them.
 * Messages carry their position as its API does: `1:5: parse error: unexpected identifier "x"`,
 * line and byte column from 1.
 */
export interface Problems {
  readonly found: boolean;
  /** Notes an issue and goes on. */
  add(span: Span, message: string): void;
  /** Notes an issue and stops. */
  stop(span: Span, message: string): never;
  issues(): readonly Issue[];
}

/** An empty list of problems for `text`. */
export function createProblems(text: string): Problems {
  const issues: Issue[] = [];
  const add = (span: Span, message: string): void => {
    if (issues.length >= MAX_ISSUES) return;
    const place = text === '' ? 'unknown position' : linePosition(text, span.start);
    issues.push({
      code: 'promql-syntax',
      file: null,
      line: null,
      column: null,
      path: '',
      span,
      message: `${place}: parse error: ${message}`,
      hint: null,
    });
  };
  return {
    get found() {
      return issues.length > 0;
    },
    add,
    stop(span, message) {
      add(span, message);
      throw new ParseStop(message);
    },
    issues: () => issues,
  };
}

/** `line:column` of a UTF-16 offset, both from 1, the column in bytes. */
function linePosition(text: string, offset: number): string {
  const before = text.slice(0, offset);
  const lineStart = before.lastIndexOf('\n') + 1;
  let line = 1;
  for (let at = before.indexOf('\n'); at !== -1; at = before.indexOf('\n', at + 1)) line++;
  return `${line}:${byteLength(before.slice(lineStart)) + 1}`;
}
