import type { ComplexValue, FloatValue, IntValue } from './value.ts';

/** The tree of a template. `at` is the UTF-16 offset in the source that errors point at. */

export type Statement = TextNode | ActionNode | BranchNode | RangeNode | TemplateNode | JumpNode;

export interface TextNode {
  readonly kind: 'text';
  readonly at: number;
  readonly text: string;
}

/** How a value becomes safe at its place in an HTML document; see html-escapers.ts. */
export type EscaperName =
  | 'attribute'
  | 'comment'
  | 'css-string'
  | 'css-value'
  | 'html'
  | 'html-name'
  | 'js-regexp'
  | 'js-string'
  | 'js-template'
  | 'js-value'
  | 'rcdata'
  | 'srcset'
  | 'unquoted-attribute'
  | 'url-filter'
  | 'url-normaliser'
  | 'url-query'
  /** The predefined functions of the same names, moved from the end of a pipeline. */
  | 'user-html'
  | 'user-urlquery';

/** `{{ pipeline }}`: prints its value, unless it declares a variable. */
export interface ActionNode {
  readonly kind: 'action';
  readonly at: number;
  readonly line: number;
  readonly pipe: PipeNode;
  /** Applied to the value in order; empty in text mode and before a template is escaped. */
  readonly escapers: readonly EscaperName[];
}

export interface BranchNode {
  readonly kind: 'if' | 'with';
  readonly at: number;
  readonly line: number;
  readonly pipe: PipeNode;
  readonly body: readonly Statement[];
  readonly otherwise: readonly Statement[] | null;
}

export interface RangeNode {
  readonly kind: 'range';
  readonly at: number;
  readonly line: number;
  readonly pipe: PipeNode;
  readonly body: readonly Statement[];
  readonly otherwise: readonly Statement[] | null;
}

/** `{{template "name" pipeline}}`; also what stands where a `block` was. */
export interface TemplateNode {
  readonly kind: 'template';
  readonly at: number;
  readonly line: number;
  readonly name: string;
  readonly pipe: PipeNode | null;
}

export interface JumpNode {
  readonly kind: 'break' | 'continue';
  readonly at: number;
  readonly line: number;
}

export interface PipeNode {
  readonly kind: 'pipe';
  readonly at: number;
  /** `=` instead of `:=`. */
  readonly isAssignment: boolean;
  /** Variables that take the value, with their `$`: none, one, or two in a range. */
  readonly variables: readonly string[];
  readonly commands: readonly CommandNode[];
}

export interface CommandNode {
  readonly kind: 'command';
  readonly at: number;
  /** At least one: what is run, then its arguments. */
  readonly words: readonly Operand[];
}

export type Operand =
  | { readonly kind: 'dot'; readonly at: number }
  | { readonly kind: 'nil'; readonly at: number }
  | { readonly kind: 'bool'; readonly at: number; readonly value: boolean }
  | { readonly kind: 'string'; readonly at: number; readonly source: string; readonly text: string }
  | NumberNode
  | { readonly kind: 'function'; readonly at: number; readonly name: string }
  | FieldNode
  | VariableNode
  | ChainNode
  | PipeNode;

/** A constant; which forms it can take depends on where it is used. */
export interface NumberNode {
  readonly kind: 'number';
  readonly at: number;
  readonly source: string;
  /** The value it has where any type is welcome. */
  readonly ideal: IntValue | FloatValue | ComplexValue | null;
  readonly int: bigint | null;
  readonly float: number | null;
}

/** `.A.B`, on dot. */
export interface FieldNode {
  readonly kind: 'field';
  readonly at: number;
  readonly names: readonly string[];
}

/** `$x.A.B`; `name` has the `$`. */
export interface VariableNode {
  readonly kind: 'variable';
  readonly at: number;
  readonly name: string;
  readonly names: readonly string[];
}

/** `(pipeline).A.B`, or fields of a function's value. */
export interface ChainNode {
  readonly kind: 'chain';
  readonly at: number;
  readonly operand: Operand;
  readonly names: readonly string[];
}

export type Node = Statement | CommandNode | Operand;
