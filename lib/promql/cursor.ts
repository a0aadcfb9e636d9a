import type { Span } from '../model/issue.ts';
import { compileAnchored } from '../model/regex.ts';
import type { BinaryExpr, DurationExpr, Expr, VectorMatching } from './ast.ts';
import type { LanguageFeatures } from './features.ts';
import { Lexer } from './lexer.ts';
import { MAX_NESTING_LEVELS, MAX_REGEX_STEPS_IN_ALL, MAX_TOKENS, type Problems } from './syntax-error.ts';
import { describeToken, type Token } from './token.ts';

/** What a regular expression costs beside its own steps. */
const STEPS_OF_ANY_REGEX = 15;

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
  #tokens = 0;
  #regexSteps = 0;
  readonly #regexes = new Map<string, ReturnType<typeof compileAnchored>>();
  readonly #heights = new WeakMap<Expr | DurationExpr, number>();

  constructor(text: string, features: LanguageFeatures, problems: Problems) {
    this.features = features;
    this.problems = problems;
    this.#lexer = new Lexer(text, problems, { durationFunctions: features['promql-duration-expr'] });
  }

  peek(): Token {
    this.#ahead ??= this.#next();
    return this.#ahead;
  }

  take(): Token {
    const token = this.peek();
    this.#ahead = null;
    this.#takenEnd = token.end;
    return token;
  }

  #next(): Token {
    const token = this.#lexer.next();
    if (++this.#tokens > MAX_TOKENS) this.problems.stop(token, `expression has more than ${MAX_TOKENS} tokens`);
    return token;
  }

  /** Steps of all regular expressions so far. */
  get regexSteps(): number {
    return this.#regexSteps;
  }

  /** A regular expression of this text; what one text may cost for all of them is bounded. */
  compileRegex(source: string, span: Span): ReturnType<typeof compileAnchored> {
    const known = this.#regexes.get(source);
    if (known !== undefined) return known;
    const compiled = compileAnchored(source);
    this.#regexes.set(source, compiled);
    if (!('error' in compiled) && compiled.steps > 0) this.#regexSteps += compiled.steps + STEPS_OF_ANY_REGEX;
    if (this.#regexSteps <= MAX_REGEX_STEPS_IN_ALL) return compiled;
    return this.problems.stop(span, `regular expressions have more than ${MAX_REGEX_STEPS_IN_ALL} steps in all`);
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
