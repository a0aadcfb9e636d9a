import { unquote } from './go-quote.ts';
import { printToken, scanTemplate, type Token, type TokenKind } from './lexer.ts';
import { parseNumber } from './number-literal.ts';
import { printNode } from './print-syntax.ts';
import type { BranchNode, CommandNode, Operand, PipeNode, RangeNode, Statement, TemplateNode } from './syntax.ts';
import { TemplateError } from './template-error.ts';

/** One named template. */
export interface Template {
  readonly name: string;
  /** Name and text of the source it was written in, for positions in errors. */
  readonly sourceName: string;
  readonly source: string;
  readonly body: readonly Statement[];
}

/** Deepest nesting of parentheses and blocks: keeps the parser and the executor within the stack. */
const MAX_NESTING = 200;
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

/**
 * Parses one source: its own template under `name`, then those it defines, in the order of their ends.
 * Throws a TemplateError with Go's message: `template: name:line: …`. `functions` are the names that may be called.
 */
export function parseSource(name: string, source: string, functions: (name: string) => boolean): readonly Template[] {
  return new Parser(name, source, functions).parse();
}

/** Whether a template would print nothing but white space. */
export function isEmptyBody(body: readonly Statement[]): boolean {
  return body.every((node) => node.kind === 'text' && node.text.trim() === '');
}

interface Block {
  readonly nodes: Statement[];
  /** The keyword that ended it. */
  readonly end: 'end' | 'else' | 'eof';
}

class Parser {
  readonly name: string;
  readonly source: string;
  readonly isFunction: (name: string) => boolean;
  readonly tokens: readonly Token[];
  readonly defined = new Map<string, Template>();
  next = 0;
  nesting = 0;
  ranges = 0;
  actionLine = 0;
  variables = ['$'];

  constructor(name: string, source: string, isFunction: (name: string) => boolean) {
    this.name = name;
    this.source = source;
    this.isFunction = isFunction;
    this.tokens = scanTemplate(source);
  }

  parse(): readonly Template[] {
    const { nodes } = this.parseBlock(true);
    this.define(this.name, nodes);
    return [...this.defined.values()];
  }

  define(name: string, body: readonly Statement[]): void {
    const known = this.defined.get(name);
    if (known === undefined || isEmptyBody(known.body)) {
      this.defined.set(name, { name, sourceName: this.name, source: this.source, body });
    } else if (!isEmptyBody(body)) {
      this.fail(`template: multiple definition of template ${JSON.stringify(name)}`);
    }
  }

  /** Statements up to `{{end}}` or `{{else…}}`; at the top level up to the end of the source. */
  parseBlock(isTop: boolean): Block {
    this.enter();
    const nodes: Statement[] = [];
    while (this.peek().kind !== 'end') {
      const token = this.take();
      if (token.kind === 'text') {
        nodes.push({ kind: 'text', at: token.at, text: token.text });
        continue;
      }
      if (token.kind !== 'open') this.unexpected(token, 'input');
      this.actionLine = token.line;
      const node = this.parseAction(isTop);
      if (node === 'end' || node === 'else') {
        if (isTop) this.fail(`unexpected {{${node}}}`);
        this.nesting--;
        return { nodes, end: node };
      }
      if (node !== null) nodes.push(node);
    }
    if (!isTop) {
      this.take();
      this.fail('unexpected EOF');
    }
    this.nesting--;
    return { nodes, end: 'eof' };
  }

  /** What follows `{{`. Null for a `define`, which leaves nothing where it stands. */
  parseAction(isTop: boolean): Statement | 'end' | 'else' | null {
    const token = this.takeSolid();
    if (token.kind !== 'keyword' || token.text === 'nil') return this.parsePrint(token);
    switch (token.text) {
      case 'if':
      case 'with':
      case 'range':
        return this.parseControl(token.text);
      case 'template':
        return this.parseTemplateCall();
      case 'block':
        return this.parseBlockAction();
      case 'define':
        if (!isTop) this.unexpected(token, 'command');
        return this.parseDefine();
      case 'break':
      case 'continue':
        return this.parseJump(token.text, token);
      case 'else':
        if (this.peekSolid().text !== 'if' && this.peekSolid().text !== 'with') this.expect('close', 'else');
        return 'else';
      default:
        this.expect('close', 'end');
        return 'end';
    }
  }

  parsePrint(first: Token): Statement {
    this.next--;
    // A variable declared here lives on to the end of the control around it.
    const pipe = this.parsePipeline('command', 'close');
    return { kind: 'action', at: pipe.at, line: first.line, pipe, escapers: [] };
  }

  parseControl(keyword: 'if' | 'with' | 'range'): BranchNode | RangeNode {
    const visible = this.variables.length;
    const line = this.peekSolid().line;
    const pipe = this.parsePipeline(keyword, 'close');
    if (keyword === 'range') this.ranges++;
    const body = this.parseBlock(false);
    if (keyword === 'range') this.ranges--;
    const otherwise = body.end === 'else' ? this.parseElse(keyword) : null;
    this.variables.length = visible;
    return { kind: keyword, at: pipe.at, line, pipe, body: body.nodes, otherwise };
  }

  /** `{{else if x}}` stands for `{{else}}{{if x}}…{{end}}` with one `{{end}}` less; so does `{{else with x}}`. */
  parseElse(keyword: 'if' | 'with' | 'range'): readonly Statement[] {
    const follower = this.peekSolid();
    if (follower.kind === 'keyword' && (follower.text === 'if' || follower.text === 'with')) {
      this.takeSolid();
      if (follower.text !== keyword) this.unexpected(follower, 'input');
      this.enter();
      const chained = this.parseControl(keyword);
      this.nesting--;
      return [chained];
    }
    const block = this.parseBlock(false);
    if (block.end !== 'end') this.fail('expected end; found {{else}}');
    return block.nodes;
  }

  parseTemplateCall(): TemplateNode {
    const token = this.takeSolid();
    const name = this.templateName(token, 'template clause');
    const hasPipe = this.peekSolid().kind !== 'close';
    const pipe = hasPipe ? this.parsePipeline('template clause', 'close') : null;
    if (!hasPipe) this.takeSolid();
    return { kind: 'template', at: token.at, line: token.line, name, pipe };
  }

  parseBlockAction(): TemplateNode {
    const token = this.takeSolid();
    const name = this.templateName(token, 'block clause');
    const pipe = this.parsePipeline('block clause', 'close');
    this.defineBody(name, 'block clause');
    return { kind: 'template', at: token.at, line: token.line, name, pipe };
  }

  parseDefine(): null {
    const name = this.templateName(this.takeSolid(), 'define clause');
    this.expect('close', 'define clause');
    this.defineBody(name, 'define clause');
    return null;
  }

  /** The body of a definition sees no variables of where it stands. */
  defineBody(name: string, context: string): void {
    const outer = { variables: this.variables, ranges: this.ranges };
    this.variables = ['$'];
    this.ranges = 0;
    const { nodes, end } = this.parseBlock(false);
    if (end === 'else') this.fail(`unexpected {{else}} in ${context}`);
    this.variables = outer.variables;
    this.ranges = outer.ranges;
    this.define(name, nodes);
  }

  templateName(token: Token, context: string): string {
    if (token.kind !== 'string') this.unexpected(token, context);
    return unquote(token.text) ?? this.fail('invalid syntax');
  }

  parseJump(kind: 'break' | 'continue', token: Token): Statement {
    const close = this.takeSolid();
    if (close.kind !== 'close') this.unexpected(close, `{{${kind}}}`);
    if (this.ranges === 0) this.fail(`{{${kind}}} outside {{range}}`);
    return { kind, at: token.at, line: token.line };
  }

  parsePipeline(context: string, end: 'close' | 'right-paren'): PipeNode {
    const at = this.peekSolid().at;
    const declared = this.parseDeclarations(context);
    const commands: CommandNode[] = [];
    while (true) {
      const token = this.takeSolid();
      if (token.kind === end) break;
      const isOperand = OPERANDS.has(token.kind) || (token.kind === 'keyword' && token.text === 'nil');
      if (!isOperand) this.unexpected(token, context);
      this.next--;
      commands.push(this.parseCommand());
    }
    if (commands.length === 0) this.fail(`missing value for ${context}`);
    this.checkStages(commands);
    return { kind: 'pipe', at, ...declared, commands };
  }

  /** Only the first command of a pipeline may be something that cannot take an argument. */
  checkStages(commands: readonly CommandNode[]): void {
    commands.forEach((command, i) => {
      const first = command.words[0]?.kind;
      const isConstant =
        first === 'bool' || first === 'dot' || first === 'nil' || first === 'number' || first === 'string';
      if (i > 0 && isConstant) this.fail(`non executable command in pipeline stage ${i + 1}`);
    });
  }

  /** `$x :=`, `$x =`, and in a range `$i, $x :=`. An assigned variable is looked up when it is assigned. */
  parseDeclarations(context: string): { readonly variables: readonly string[]; readonly isAssignment: boolean } {
    const variables: string[] = [];
    const start = this.next;
    while (this.peekSolid().kind === 'variable') {
      const variable = this.takeSolid();
      const sign = this.peekSolid();
      if (sign.kind === 'declare' || sign.kind === 'assign') {
        this.takeSolid();
        variables.push(variable.text);
        if (sign.kind === 'declare') this.variables.push(...variables);
        return { variables, isAssignment: sign.kind === 'assign' };
      }
      if (sign.text !== ',') break;
      this.takeSolid();
      if (context !== 'range' || variables.length > 0) this.fail(`too many declarations in ${context}`);
      if (this.peekSolid().kind !== 'variable') this.fail('range can only initialize variables');
      variables.push(variable.text);
    }
    if (variables.length > 0) this.unexpected(this.peekSolid(), 'range');
    this.next = start;
    return { variables: [], isAssignment: false };
  }

  /** Words up to a pipe or the end of the pipeline. */
  parseCommand(): CommandNode {
    const at = this.peekSolid().at;
    const words: Operand[] = [];
    while (true) {
      const operand = this.parseOperand();
      if (operand !== null) words.push(operand);
      const token = this.take();
      if (token.kind === 'space') continue;
      if (token.kind === 'close' || token.kind === 'right-paren') this.next--;
      else if (token.kind !== 'pipe') this.unexpected(token, 'operand');
      break;
    }
    if (words.length === 0) this.fail('empty command');
    return { kind: 'command', at, words };
  }

  /** A term and the fields behind it. Null where there is none. */
  parseOperand(): Operand | null {
    const term = this.parseTerm();
    const at = this.peek().at;
    const names: string[] = [];
    while (term !== null && this.peek().kind === 'field') names.push(this.take().text.slice(1));
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
        return this.fail(`unexpected . after term ${JSON.stringify(printNode(term))}`);
      default:
        return { kind: 'chain', at, operand: term, names };
    }
  }

  parseTerm(): Operand | null {
    const token = this.takeSolid();
    const at = token.at;
    switch (token.kind) {
      case 'name':
        if (!this.isFunction(token.text)) this.fail(`function ${JSON.stringify(token.text)} not defined`);
        return { kind: 'function', at, name: token.text };
      case 'dot':
        return { kind: 'dot', at };
      case 'bool':
        return { kind: 'bool', at, value: token.text === 'true' };
      case 'char':
      case 'number': {
        const number = parseNumber(token.text, at);
        return 'error' in number ? this.fail(number.error) : number;
      }
      case 'field':
        return { kind: 'field', at, names: [token.text.slice(1)] };
      case 'variable':
        return { kind: 'variable', at, name: this.useVariable(token.text), names: [] };
      case 'string':
        return { kind: 'string', at, source: token.text, text: unquote(token.text) ?? this.fail('invalid syntax') };
      case 'left-paren':
        return this.parseParenthesised();
      default:
        if (token.kind === 'keyword' && token.text === 'nil') return { kind: 'nil', at };
        this.next--;
        return null;
    }
  }

  parseParenthesised(): PipeNode {
    this.enter();
    const pipe = this.parsePipeline('parenthesized pipeline', 'right-paren');
    this.nesting--;
    return pipe;
  }

  useVariable(name: string): string {
    return this.variables.includes(name) ? name : this.fail(`undefined variable ${JSON.stringify(name)}`);
  }

  enter(): void {
    this.nesting++;
    if (this.nesting > MAX_NESTING) this.fail(`nested deeper than ${MAX_NESTING} levels`);
  }

  peek(): Token {
    return this.tokens[Math.min(this.next, this.tokens.length - 1)] ?? { kind: 'end', text: '', at: 0, line: 1 };
  }

  take(): Token {
    const token = this.peek();
    this.next++;
    return token;
  }

  peekSolid(): Token {
    while (this.peek().kind === 'space') this.next++;
    return this.peek();
  }

  takeSolid(): Token {
    this.peekSolid();
    return this.take();
  }

  expect(kind: TokenKind, context: string): void {
    const token = this.takeSolid();
    if (token.kind !== kind) this.unexpected(token, context);
  }

  unexpected(token: Token, context: string): never {
    if (token.kind !== 'error') return this.fail(`unexpected ${printToken(token)} in ${context}`);
    const place = `${this.name}:${this.actionLine}`;
    const started = token.text.endsWith(' action') ? ` started at ${place}` : ` in action started at ${place}`;
    const isElsewhere = this.actionLine !== 0 && this.actionLine !== token.line;
    return this.fail(token.text + (isElsewhere ? started : ''));
  }

  /** Go reports the line of the token it read last. */
  fail(message: string): never {
    const last = this.tokens[Math.min(Math.max(this.next - 1, 0), this.tokens.length - 1)];
    throw new TemplateError(`template: ${this.name}:${last?.line ?? 1}: ${message}`);
  }
}
