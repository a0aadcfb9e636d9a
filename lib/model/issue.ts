/** A half-open range of a text, in UTF-16 offsets: `text.slice(start, end)`. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** One thing wrong in text a person wrote: where it is, what it is, what would be right. */
export interface Issue {
  /** Stable, kebab-case, for programs: "unknown-field", "promql-syntax", "label-name". */
  readonly code: string;
  /** File the text came from as the user named it, or null for a request body or a bare query. */
  readonly file: string | null;
  /** 1-based line of the place in the file, or null when the whole document is meant. */
  readonly line: number | null;
  /** 1-based column, in characters, or null with `line`. */
  readonly column: number | null;
  /** "groups[1].rules[0].expr", or "" for a bare query. */
  readonly path: string;
  /** Inside the value at `path`; null when the whole value is wrong. */
  readonly span: Span | null;
  /** Lower case, no full stop, the offending value quoted. */
  readonly message: string;
  /** What would be right, when there is a likely answer; shown after the message. */
  readonly hint: string | null;
}

/** Thrown by a parser after it has collected every issue of its input. Callers answer 400 or exit 1. */
export class InvalidInput extends Error {
  readonly issues: readonly Issue[];
  constructor(issues: readonly Issue[]) {
    super(issues.map(printIssue).join('\n'));
    this.name = 'InvalidInput';
    this.issues = issues;
  }
}

/** One line for people: `rules.yml:14:20 groups[0].rules[2].expr: message; hint`. */
export function printIssue(issue: Issue): string {
  const place = [issue.file, issue.line, issue.column].filter((part) => part !== null).join(':');
  const where = [place, issue.path].filter((part) => part !== '').join(' ');
  const text = issue.hint === null ? issue.message : `${issue.message}; ${issue.hint}`;
  return where === '' ? text : `${where}: ${text}`;
}

/** For the last branch of a `switch` over a union: does not compile while a case is missing. */
export function unreachable(value: never): never {
  throw new Error(`unreachable: ${JSON.stringify(value)}`);
}
