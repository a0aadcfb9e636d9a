import type { Span } from '../model/issue.ts';
import type { BinaryExpr, DurationExpr, Expr, VectorMatching } from './ast.ts';
import type { LanguageFeatures } from './features.ts';
import { Lexer } from './lexer.ts';
import { MAX_NESTING_LEVELS, type Problems } from './syntax-error.ts';
import { describeToken, type Token } from './token.ts';

/**
 * Where a parser stands in a text. It reads one token ahead and no more, and only when asked to: Prometheus reports
 * whatever it meets first, be it a bad character or a bad construct, and so do we.
 */
export class Cursor {
  readonly features: LanguageFeatures;
  readonly problems: Problems;
  /** Matching clauses written between operands that are not both instant vectors: for the type checker to judge. */
  readonly misplacedMatchings = new Map<BinaryExpr, VectorMatching>();
  readonly #lexer: Lexer;
  #ahead: Token | null = null;
  /** End of the token taken last. */
  #takenEnd = 0;
  #where = '';
  #levels = 0;
  readonly #heights = new WeakMap<Expr | DurationExpr, number>();

  constructor(text: string, features: LanguageFeatures, problems: Problems) {
    this.features = features;
    this.problems = problems;
    this.#lexer = new Lexer(text, problems, { durationFunctions: features['promql-duration-expr'] });
  }

  peek(): Token {
    this.#ahead ??= this.#lexer.next();
    return this.#ahead;
  }

  take(): Token {
    const token = this.peek();
    this.#ahead = null;
    this.#takenEnd = token.end;
    return token;
  }

  /** Whether the next token is that word (in any case) or symbol. */
  at(word: string): boolean {
    return this.peek().word === word;
  }

  accept(word: string): Token | null {
    return this.at(word) ? this.take() : null;
  }

  expect(word: string): Token {
    return this.accept(word) ?? this.unexpected();
  }

  /** From `start` to the end of the token taken last. */
  spanFrom(start: number): Span {
    return { start, end: this.#takenEnd };
  }

  /** Stops at the next token. `where` is what Prometheus adds: ` in aggregation`, ` in offset, expected …`. */
  unexpected(where: string = this.#where): never {
    const token = this.peek();
    return this.problems.stop(token, `unexpected ${describeToken(token)}${where}`);
  }

  /** Runs `parse`; a token that fits nowhere inside is reported with `where` unless something closer says more. */
  within<T>(where: string, parse: () => T): T {
    const outer = this.#where;
    this.#where = where;
    const parsed = parse();
    this.#where = outer;
    return parsed;
  }

  /** Runs `parse` one level deeper. */
  nested<T>(parse: () => T): T {
    if (++this.#levels > MAX_NESTING_LEVELS) this.#tooDeep(this.peek());
    const parsed = parse();
    this.#levels--;
    return parsed;
  }

  /** Registers a node whose children are registered, to bound the height of trees like `a + b + c + …`. */
  build<T extends Expr | DurationExpr>(node: T, children: readonly (Expr | DurationExpr)[]): T {
    let height = 0;
    for (const child of children) height = Math.max(height, this.#heights.get(child) ?? 0);
    if (height >= MAX_NESTING_LEVELS) this.#tooDeep(node.span);
    this.#heights.set(node, height + 1);
    return node;
  }

  #tooDeep(span: Span): never {
    return this.problems.stop(span, `expression is nested deeper than ${MAX_NESTING_LEVELS} levels`);
  }
}
