import { printToken, scanTemplate, type Token, type TokenKind } from './lexer.ts';
import { TemplateError } from './template-error.ts';

/** Deepest nesting of parentheses and blocks: keeps the parser and the executor within the stack. */
const MAX_NESTING = 200;

/** Walks the tokens of a source and words what is wrong with them. */
export class TokenCursor {
  readonly name: string;
  readonly tokens: readonly Token[];
  next = 0;
  nesting = 0;
  /** Line of the last `{{`. */
  actionLine = 0;

  constructor(name: string, source: string) {
    this.name = name;
    this.tokens = scanTemplate(source);
  }

  enter(): void {
    this.nesting++;
    if (this.nesting > MAX_NESTING) this.fail(`nested deeper than ${MAX_NESTING} levels`);
  }

  leave(): void {
    this.nesting--;
  }

  /** Puts the last token back. */
  back(): void {
    this.next--;
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
