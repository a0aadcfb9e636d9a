import { unquote } from './go-quote.ts';
import type { Token } from './lexer.ts';
import { PipelineParser } from './parse-pipeline.ts';
import type { BranchNode, RangeNode, Statement, TemplateNode } from './syntax.ts';
import { TokenCursor } from './token-cursor.ts';

/** One named template. */
export interface Template {
  readonly name: string;
  /** Name and text of the source it was written in, for positions in errors. */
  readonly sourceName: string;
  readonly source: string;
  readonly body: readonly Statement[];
}

/**
 * Parses one source: its own template under `name`, then those it defines, in the order of their ends.
 * Throws a TemplateError with Go's message: `template: name:line: …`. `isFunction` tells which names may be called.
 */
export function parseSource(name: string, source: string, isFunction: (name: string) => boolean): readonly Template[] {
  return new Parser(name, source, isFunction).parse();
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
  readonly tokens: TokenCursor;
  readonly pipelines: PipelineParser;
  readonly defined = new Map<string, Template>();
  /** Ranges around, within the definition. */
  ranges = 0;

  constructor(name: string, source: string, isFunction: (name: string) => boolean) {
    this.name = name;
    this.source = source;
    this.tokens = new TokenCursor(name, source);
    this.pipelines = new PipelineParser(this.tokens, isFunction);
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
      this.tokens.fail(`template: multiple definition of template ${JSON.stringify(name)}`);
    }
  }

  /** Statements up to `{{end}}` or `{{else…}}`; at the top level up to the end of the source. */
  parseBlock(isTop: boolean): Block {
    this.tokens.enter();
    const nodes: Statement[] = [];
    while (this.tokens.peek().kind !== 'end') {
      const token = this.tokens.take();
      if (token.kind === 'text') {
        nodes.push({ kind: 'text', at: token.at, text: token.text });
        continue;
      }
      if (token.kind !== 'open') this.tokens.unexpected(token, 'input');
      this.tokens.actionLine = token.line;
      const node = this.parseAction(isTop);
      if (node === 'end' || node === 'else') {
        if (isTop) this.tokens.fail(`unexpected {{${node}}}`);
        this.tokens.leave();
        return { nodes, end: node };
      }
      if (node !== null) nodes.push(node);
    }
    if (!isTop) {
      this.tokens.take();
      this.tokens.fail('unexpected EOF');
    }
    this.tokens.leave();
    return { nodes, end: 'eof' };
  }

  /** What follows `{{`. Null for a `define`, which leaves nothing where it stands. */
  parseAction(isTop: boolean): Statement | 'end' | 'else' | null {
    const token = this.tokens.takeSolid();
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
        if (!isTop) this.tokens.unexpected(token, 'command');
        return this.parseDefine();
      case 'break':
      case 'continue':
        return this.parseJump(token.text, token);
      case 'else':
        if (this.tokens.peekSolid().text !== 'if' && this.tokens.peekSolid().text !== 'with')
          this.tokens.expect('close', 'else');
        return 'else';
      default:
        this.tokens.expect('close', 'end');
        return 'end';
    }
  }

  parsePrint(first: Token): Statement {
    this.tokens.back();
    // A variable declared here lives on to the end of the control around it.
    const pipe = this.pipelines.parse('command', 'close');
    return { kind: 'action', at: pipe.at, line: first.line, pipe, escapers: [] };
  }

  parseControl(keyword: 'if' | 'with' | 'range'): BranchNode | RangeNode {
    const visible = this.pipelines.variables.length;
    const line = this.tokens.peekSolid().line;
    const pipe = this.pipelines.parse(keyword, 'close');
    if (keyword === 'range') this.ranges++;
    const body = this.parseBlock(false);
    if (keyword === 'range') this.ranges--;
    const otherwise = body.end === 'else' ? this.parseElse(keyword) : null;
    this.pipelines.variables.length = visible;
    return { kind: keyword, at: pipe.at, line, pipe, body: body.nodes, otherwise };
  }

  /** `{{else if x}}` stands for `{{else}}{{if x}}…{{end}}` with one `{{end}}` less; so does `{{else with x}}`. */
  parseElse(keyword: 'if' | 'with' | 'range'): readonly Statement[] {
    const follower = this.tokens.peekSolid();
    if (follower.kind === 'keyword' && (follower.text === 'if' || follower.text === 'with')) {
      this.tokens.takeSolid();
      if (follower.text !== keyword) this.tokens.unexpected(follower, 'input');
      this.tokens.enter();
      const chained = this.parseControl(keyword);
      this.tokens.leave();
      return [chained];
    }
    const block = this.parseBlock(false);
    if (block.end !== 'end') this.tokens.fail('expected end; found {{else}}');
    return block.nodes;
  }

  parseTemplateCall(): TemplateNode {
    const token = this.tokens.takeSolid();
    const name = this.templateName(token, 'template clause');
    const hasPipe = this.tokens.peekSolid().kind !== 'close';
    const pipe = hasPipe ? this.pipelines.parse('template clause', 'close') : null;
    if (!hasPipe) this.tokens.takeSolid();
    return { kind: 'template', at: token.at, line: token.line, name, pipe };
  }

  parseBlockAction(): TemplateNode {
    const token = this.tokens.takeSolid();
    const name = this.templateName(token, 'block clause');
    const pipe = this.pipelines.parse('block clause', 'close');
    this.defineBody(name, 'block clause');
    return { kind: 'template', at: token.at, line: token.line, name, pipe };
  }

  parseDefine(): null {
    const name = this.templateName(this.tokens.takeSolid(), 'define clause');
    this.tokens.expect('close', 'define clause');
    this.defineBody(name, 'define clause');
    return null;
  }

  /** The body of a definition sees no variables of where it stands. */
  defineBody(name: string, context: string): void {
    const outer = { variables: this.pipelines.variables, ranges: this.ranges };
    this.pipelines.variables = ['$'];
    this.ranges = 0;
    const { nodes, end } = this.parseBlock(false);
    if (end === 'else') this.tokens.fail(`unexpected {{else}} in ${context}`);
    this.pipelines.variables = outer.variables;
    this.ranges = outer.ranges;
    this.define(name, nodes);
  }

  templateName(token: Token, context: string): string {
    if (token.kind !== 'string') this.tokens.unexpected(token, context);
    return unquote(token.text) ?? this.tokens.fail('invalid syntax');
  }

  parseJump(kind: 'break' | 'continue', token: Token): Statement {
    const close = this.tokens.takeSolid();
    if (close.kind !== 'close') this.tokens.unexpected(close, `{{${kind}}}`);
    if (this.ranges === 0) this.tokens.fail(`{{${kind}}} outside {{range}}`);
    return { kind, at: token.at, line: token.line };
  }
}
