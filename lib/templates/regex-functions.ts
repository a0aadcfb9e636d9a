import { RE2JS, RE2JSSyntaxException } from 're2js';
import { type FunctionTable, fixed, textAt } from './functions.ts';
import { CallError } from './template-error.ts';
import { createText } from './text-builder.ts';
import type { Value } from './value.ts';

const MAX_REGEX_LENGTH = 10_000;

/** `match` and `reReplaceAll`, the same for rules and notifications: RE2, unanchored. */
export const regexFunctions: FunctionTable = new Map([
  ['match', { ...fixed(['string', 'string'], matches), cost: (args) => regexCost(textAt(args, 0), textAt(args, 1)) }],
  [
    'reReplaceAll',
    { ...fixed(['string', 'string', 'string'], replace), cost: (args) => regexCost(textAt(args, 0), textAt(args, 2)) },
  ],
]);

/** RE2 works at most as long as the product of both lengths, with counted repeats written out; compiling takes its time, too. */
function regexCost(pattern: string, text: string): number {
  const repeats = Array.from(pattern.matchAll(/\{(?:\d*,)?(\d{1,4})/g), ([, most]) => Number(most));
  const written = pattern.length * Math.max(1, ...repeats.slice(0, 100));
  return written / 10 + (written * text.length) / 1000;
}

function matches(args: readonly Value[]): boolean {
  return compile(textAt(args, 0), '').matcher(textAt(args, 1)).find();
}

function replace(args: readonly Value[]): string {
  return replaceAll(textAt(args, 0), textAt(args, 1), textAt(args, 2));
}

function compile(pattern: string, prefix: string): RE2JS {
  if (pattern.length > MAX_REGEX_LENGTH) {
    throw new CallError(`error parsing regexp: expression of ${pattern.length} characters exceeds ${MAX_REGEX_LENGTH}`);
  }
  try {
    return RE2JS.compile(pattern);
  } catch (error) {
    if (error instanceof RE2JSSyntaxException) throw new CallError(prefix + error.message);
    throw error;
  }
}

/** Replaces every match; an empty match right after another match is none, as in Go. */
function replaceAll(pattern: string, replacement: string, text: string): string {
  const regex = compile(pattern, `regexp: Compile(${quotePattern(pattern)}): `);
  const matcher = regex.matcher(text);
  const names = new Map(Object.entries(regex.namedGroups()));
  const pieces = parseReplacement(replacement);
  const out = createText();
  let copied = 0;
  let lastEnd = -1;
  while (matcher.find()) {
    const [start, end] = [matcher.start(), matcher.end()];
    if (end === start && start === lastEnd) continue;
    out.add(text.slice(copied, start));
    for (const { literal, group } of pieces) {
      out.add(literal);
      if (group !== null) out.add(groupText(matcher, names, group));
    }
    copied = end;
    lastEnd = end;
  }
  out.add(text.slice(copied));
  return out.text();
}

function quotePattern(pattern: string): string {
  return pattern.includes('`') ? JSON.stringify(pattern) : `\`${pattern}\``;
}

interface ReplacementPiece {
  readonly literal: string;
  /** Number or name of a group; null for none. */
  readonly group: string | null;
}

/** `$1`, `$name`, `${name}` with the longest name that fits, `$$` for a dollar; any other `$` stands for itself. */
function parseReplacement(replacement: string): readonly ReplacementPiece[] {
  const pieces: ReplacementPiece[] = [];
  let end = 0;
  for (const match of replacement.matchAll(/\$(?:(\$)|\{([\p{L}\p{Nd}_]+)\}|([\p{L}\p{Nd}_]+))/gu)) {
    const [whole, dollar, braced, bare] = match;
    const literal = replacement.slice(end, match.index);
    pieces.push(
      dollar === undefined ? { literal, group: braced ?? bare ?? '' } : { literal: `${literal}$`, group: null },
    );
    end = match.index + whole.length;
  }
  pieces.push({ literal: replacement.slice(end), group: null });
  return pieces;
}

/** Text of a group; "" for one that is not there. */
function groupText(matcher: ReturnType<RE2JS['matcher']>, names: ReadonlyMap<string, number>, group: string): string {
  const index = /^[0-9]+$/.test(group) ? Number(group) : (names.get(group) ?? -1);
  return index >= 0 && index <= matcher.groupCount() ? (matcher.group(index) ?? '') : '';
}
