import { unquote } from './go-quote.ts';
import type { TokenKind } from './lexer.ts';
import { parseNumber } from './number-literal.ts';
import { printNode } from './print-syntax.ts';
import type { CommandNode, Operand, PipeNode } from './syntax.ts';
import type { TokenCursor } from './token-cursor.ts';

const OPERANDS: ReadonlySet<TokenKind> = new Set([
  'bool',
  'char',
  'dot',
  'field',
  'name',
  'number',
  'string',
  'variable',
  'left-paren',
]);

/** Parses what stands between `{{` and `}}`, and knows the variables in scope. */
export class PipelineParser {
  readonly tokens: TokenCursor;
  readonly isFunction: (name: string) => boolean;
  /** In scope, with their `$`; innermost last. */
  variables = ['$'];

  constructor(tokens: TokenCursor, isFunction: (name: string) => boolean) {
    this.tokens = tokens;
    this.isFunction = isFunction;
  }

  /** Declarations and commands up to `end`, which is taken. `context` names the place in messages. */
  parse(context: string, end: 'close' | 'right-paren'): PipeNode {
    const at = this.tokens.peekSolid().at;
    const declared = this.parseDeclarations(context);
    const commands: CommandNode[] = [];
    while (true) {
      const token = this.tokens.takeSolid();
      if (token.kind === end) break;
      const isOperand = OPERANDS.has(token.kind) || (token.kind === 'keyword' && token.text === 'nil');
      if (!isOperand) this.tokens.unexpected(token, context);
      this.tokens.back();
      commands.push(this.parseCommand());
    }
    if (commands.length === 0) this.tokens.fail(`missing value for ${context}`);
    this.checkStages(commands);
    return { kind: 'pipe', at, ...declared, commands };
  }

  /** Only the first command of a pipeline may be something that cannot take an argument. */
  checkStages(commands: readonly CommandNode[]): void {
    commands.forEach((command, i) => {
      const first = command.words[0]?.kind;
      const isConstant =
        first === 'bool' || first === 'dot' || first === 'nil' || first === 'number' || first === 'string';
      if (i > 0 && isConstant) this.tokens.fail(`non executable command in pipeline stage ${i + 1}`);
    });
  }

  /** `$x :=`, `$x =`, and in a range `$i, $x :=`. An assigned variable is looked up when it is assigned. */
  parseDeclarations(context: string): { readonly variables: readonly string[]; readonly isAssignment: boolean } {
    const variables: string[] = [];
    const start = this.tokens.next;
    while (this.tokens.peekSolid().kind === 'variable') {
      const variable = this.tokens.takeSolid();
      const sign = this.tokens.peekSolid();
      if (sign.kind === 'declare' || sign.kind === 'assign') {
        this.tokens.takeSolid();
        variables.push(variable.text);
        if (sign.kind === 'declare') this.variables.push(...variables);
        return { variables, isAssignment: sign.kind === 'assign' };
      }
      if (sign.text !== ',') break;
      this.tokens.takeSolid();
      if (context !== 'range' || variables.length > 0) this.tokens.fail(`too many declarations in ${context}`);
      if (this.tokens.peekSolid().kind !== 'variable') this.tokens.fail('range can only initialize variables');
      variables.push(variable.text);
    }
    if (variables.length > 0) this.tokens.unexpected(this.tokens.peekSolid(), 'range');
    this.tokens.next = start;
    return { variables: [], isAssignment: false };
  }

  /** Words up to a pipe or the end of the pipeline. */
  parseCommand(): CommandNode {
    const at = this.tokens.peekSolid().at;
    const words: Operand[] = [];
    while (true) {
      const operand = this.parseOperand();
      if (operand !== null) words.push(operand);
      const token = this.tokens.take();
      if (token.kind === 'space') continue;
      if (token.kind === 'close' || token.kind === 'right-paren') this.tokens.back();
      else if (token.kind !== 'pipe') this.tokens.unexpected(token, 'operand');
      break;
    }
    if (words.length === 0) this.tokens.fail('empty command');
    return { kind: 'command', at, words };
  }

  /** A term and the fields behind it. Null where there is none. */
  parseOperand(): Operand | null {
    const term = this.parseTerm();
    const at = this.tokens.peek().at;
    const names: string[] = [];
    while (term !== null && this.tokens.peek().kind === 'field') names.push(this.tokens.take().text.slice(1));
    if (term === null || names.length === 0) return term;
    switch (term.kind) {
      case 'field':
      case 'variable':
        return { ...term, at, names: [...term.names, ...names] };
      case 'bool':
      case 'string':
      case 'number':
      case 'nil':
      case 'dot':
        return this.tokens.fail(`unexpected . after term ${JSON.stringify(printNode(term))}`);
      default:
        return { kind: 'chain', at, operand: term, names };
    }
  }

  parseTerm(): Operand | null {
    const token = this.tokens.takeSolid();
    const at = token.at;
    switch (token.kind) {
      case 'name':
        if (!this.isFunction(token.text)) this.tokens.fail(`function ${JSON.stringify(token.text)} not defined`);
        return { kind: 'function', at, name: token.text };
      case 'dot':
        return { kind: 'dot', at };
      case 'bool':
        return { kind: 'bool', at, value: token.text === 'true' };
      case 'char':
      case 'number': {
        const number = parseNumber(token.text, at);
        return 'error' in number ? this.tokens.fail(number.error) : number;
      }
      case 'field':
        return { kind: 'field', at, names: [token.text.slice(1)] };
      case 'variable':
        return { kind: 'variable', at, name: this.useVariable(token.text), names: [] };
      case 'string':
        return {
          kind: 'string',
          at,
          source: token.text,
          text: unquote(token.text) ?? this.tokens.fail('invalid syntax'),
        };
      case 'left-paren':
        return this.parseParenthesised();
      default:
        if (token.kind === 'keyword' && token.text === 'nil') return { kind: 'nil', at };
        this.tokens.back();
        return null;
    }
  }

  parseParenthesised(): PipeNode {
    this.tokens.enter();
    const pipe = this.parse('parenthesized pipeline', 'right-paren');
    this.tokens.leave();
    return pipe;
  }

  useVariable(name: string): string {
    return this.variables.includes(name) ? name : this.tokens.fail(`undefined variable ${JSON.stringify(name)}`);
  }
}
