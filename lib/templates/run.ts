import type { FunctionTable } from './functions.ts';
import { quoteText } from './go-quote.ts';
import type { Template } from './parse.ts';
import { printNode } from './print-syntax.ts';
import type { Node } from './syntax.ts';
import { CallError, TemplateError } from './template-error.ts';
import type { TextBuilder } from './text-builder.ts';
import { byteLength } from './utf8.ts';
import type { Value } from './value.ts';

/** What one execution may use up. Beyond a limit it fails with a TemplateError. */
export interface TemplateLimits {
  /** UTF-16 units of output. */
  readonly maxOutputLength: number;
  /** Nodes evaluated, plus one for every 64 characters or elements a function is given. */
  readonly maxSteps: number;
  /** Nesting of template calls, blocks and parentheses together. */
  readonly maxDepth: number;
}

export interface Variable {
  readonly name: string;
  value: Value;
}

/** One execution under way. */
export interface Run {
  readonly templates: ReadonlyMap<string, Template>;
  readonly functions: FunctionTable;
  readonly limits: TemplateLimits;
  readonly out: TextBuilder;
  /** The template being executed, and the node that an error would point at. */
  template: Template;
  node: Node;
  /** Innermost last. */
  variables: Variable[];
  steps: number;
  depth: number;
}

/** Throws with the place: `template: name:line:column: executing "name" at <node>: message`. Lines count from 1, columns are bytes from 0. */
export function fail(run: Run, message: string): never {
  const { name, sourceName, source } = run.template;
  const before = source.slice(0, run.node.at);
  const line = before.split('\n').length;
  const column = byteLength(before.slice(before.lastIndexOf('\n') + 1));
  const place = `${sourceName}:${line}:${column}`;
  throw new TemplateError(`template: ${place}: executing ${quoteText(name)} at <${printNode(run.node)}>: ${message}`);
}

/** Uses up steps. */
export function charge(run: Run, steps: number): void {
  run.steps += steps;
  if (run.steps > run.limits.maxSteps) fail(run, `exceeded ${run.limits.maxSteps} steps`);
}

/** Runs something one level deeper. */
export function deeper<Result>(run: Run, body: () => Result): Result {
  charge(run, 1);
  if (run.depth >= run.limits.maxDepth) fail(run, `exceeded maximum template depth (${run.limits.maxDepth})`);
  run.depth++;
  const result = body();
  run.depth--;
  return result;
}

/** Runs code that may throw a CallError; that fails at `place.node` with `place.prefix` and the message. */
export function failing<Result>(
  run: Run,
  place: { readonly prefix: string; readonly node: Node },
  body: () => Result,
): Result {
  try {
    return body();
  } catch (error) {
    if (!(error instanceof CallError)) throw error;
    run.node = place.node;
    return fail(run, place.prefix + error.message);
  }
}
