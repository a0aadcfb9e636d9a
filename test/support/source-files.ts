import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { join } from 'node:path';
import { type Comment, type Node, parse } from 'acorn';

/** One of our own source files, ready to be measured. */
export interface SourceFile {
  /** Relative to the top, with forward slashes. */
  readonly path: string;
  readonly text: string;
  /** The text with comments and the contents of strings blanked out, positions kept; types are still in it. */
  readonly code: string;
  readonly program: Node;
  readonly comments: readonly Comment[];
  lineOf(offset: number): number;
}

/** A breach of a rule: where it is, what it is, and what to do instead. */
export interface Breach {
  readonly path: string;
  readonly line: number;
  readonly rule: string;
  readonly message: string;
}

function listFiles(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return entry.name === 'node_modules' || entry.name === 'generated' ? [] : listFiles(path);
    return entry.name.endsWith('.ts') ? [path] : [];
  });
}

/** All TypeScript files below the given folders, parsed. */
export function readSources(folders: readonly string[]): SourceFile[] {
  return folders.flatMap(listFiles).map((path) => readSource(path));
}

function readSource(path: string): SourceFile {
  const text = readFileSync(path, 'utf8');
  const comments: Comment[] = [];
  const strings: [number, number][] = [];
  const stripped = stripTypeScriptTypes(text, { mode: 'strip' });
  const program = parse(stripped, {
    ecmaVersion: 'latest',
    sourceType: 'module',
    allowHashBang: true,
    onComment: comments,
    onToken: (token) => {
      if (token.type.label === 'string' || token.type.label === 'template') strings.push([token.start, token.end]);
    },
  });
  const starts = [0];
  for (let i = text.indexOf('\n'); i >= 0; i = text.indexOf('\n', i + 1)) starts.push(i + 1);
  const blanked: readonly (readonly [number, number])[] = [
    ...strings,
    ...comments.map((comment) => [comment.start, comment.end] as const),
    ...typeComments(text, stripped),
  ];
  return {
    path,
    text,
    code: blanked.reduce((code, [start, end]) => blank(code, start, end), text),
    program,
    comments,
    lineOf: (offset) => starts.findLastIndex((start) => start <= offset) + 1,
  };
}

// Comments inside stripped types are gone from what acorn sees, so they are found in the text itself.
function typeComments(text: string, stripped: string): (readonly [number, number])[] {
  const found: (readonly [number, number])[] = [];
  for (const match of text.matchAll(/\/\*[\s\S]*?\*\/|\/\/[^\n]*|'[^'\n]*'/g)) {
    if (stripped.slice(match.index, match.index + 2).trim() === '')
      found.push([match.index, match.index + match[0].length]);
  }
  return found;
}

function blank(text: string, start: number, end: number): string {
  return text.slice(0, start) + text.slice(start, end).replace(/[^\n]/g, ' ') + text.slice(end);
}

/** Files that git tracks, for rules on the whole tree; empty outside a checkout. */
export function trackedFiles(): string[] {
  try {
    return execFileSync('git', ['ls-files'], { encoding: 'utf8' })
      .split('\n')
      .filter((line) => line !== '');
  } catch {
    return [];
  }
}

/** Text of a tracked file. */
export function readTracked(path: string): string {
  return readFileSync(join('.', path), 'utf8');
}
