import { isWordChar, scanNumberOrDuration } from './lexer-number.ts';
import { scanString } from './lexer-string.ts';
import { quoteRune, quoteString } from './quote.ts';
import type { Problems } from './syntax-error.ts';
import { needsParenthesis, reservedWord, type Token, type TokenKind } from './token.ts';

const BLANKS = ' \t\n\r';
const DURATION_FUNCTIONS = new Set(['step', 'range', 'min_of', 'max_of']);

/** Symbols of the expression state; the longer of two that start alike is tried first. */
const SYMBOLS = ['==', '!=', '<=', '</', '>=', '>/', '+', '-', '*', '/', '%', '^', '<', '>', '=', ',', '@'];

/**
 * Text to tokens, one at a time, because errors of the parser and of the lexer must come in the order of the text.
 * Braces, brackets and the rest of the language each have their own rules of what a character may start.
 */
export class Lexer {
  readonly #text: string;
  readonly #problems: Problems;
  /** Whether a bracket may hold `step()` and its kind. */
  readonly #durationFunctions: boolean;
  #position = 0;
  #openParens = 0;
  #braceOpen = false;
  #bracketOpen = false;
  /** Directly after a bracket, before its first number. */
  #awaitsDuration = false;
  #durationSeen = false;
  #colonSeen = false;

  constructor(text: string, problems: Problems, options: { readonly durationFunctions: boolean }) {
    this.#text = text;
    this.#problems = problems;
    this.#durationFunctions = options.durationFunctions;
  }

  next(): Token {
    this.#skipBlanks();
    if (this.#braceOpen) return this.#insideBraces();
    return this.#awaitsDuration ? this.#insideBracket() : this.#expression();
  }

  #skipBlanks(): void {
    for (;;) {
      while (this.#position < this.#text.length && BLANKS.includes(this.#peek())) this.#position++;
      if (this.#peek() !== '#' || this.#awaitsDuration) return;
      while (this.#position < this.#text.length && !'\n\r'.includes(this.#peek())) this.#position++;
    }
  }

  #expression(): Token {
    const char = this.#peek();
    if (char === '') return this.#endOfExpression();
    if (/[0-9]/.test(char) || (char === '.' && /[0-9]/.test(this.#peek(1)))) return this.#number();
    if (char === '"' || char === "'" || char === '`') return this.#string();
    if (/[a-zA-Z_:]/.test(char)) return this.#bracketOpen ? this.#bracketWord() : this.#name();
    if (char === '=' && this.#peek(1) === '~') this.#fail("unexpected character after '=': '~'");
    if (char === '!' && this.#peek(1) !== '=') {
      this.#fail(`unexpected character after '!': ${quoteRune(this.#charAt(this.#position + 1))}`);
    }
    if ('(){}[]'.includes(char)) return this.#bracketOrParen(char);
    const symbol = SYMBOLS.find((candidate) => this.#text.startsWith(candidate, this.#position));
    if (symbol === undefined) this.#fail(`unexpected character: ${quoteRune(this.#charAt(this.#position))}`);
    return this.#emit('symbol', symbol.length);
  }

  #endOfExpression(): Token {
    if (this.#openParens > 0) this.#fail('unclosed left parenthesis');
    if (this.#bracketOpen) this.#fail('unclosed left bracket');
    return this.#emit('end', 0);
  }

  #bracketOrParen(char: string): Token {
    switch (char) {
      case '(':
        this.#openParens++;
        return this.#emit('symbol', 1);
      case ')':
        return this.#closeParen();
      case '{':
        this.#braceOpen = true;
        return this.#emit('symbol', 1);
      case '[':
        if (this.#bracketOpen) this.#fail("unexpected left bracket '['");
        this.#bracketOpen = true;
        this.#awaitsDuration = true;
        this.#durationSeen = false;
        this.#colonSeen = false;
        return this.#emit('symbol', 1);
      case ']':
        if (!this.#bracketOpen) this.#fail("unexpected right bracket ']'");
        this.#bracketOpen = false;
        return this.#emit('symbol', 1);
      default:
        return this.#fail(`unexpected character: ${quoteRune(char)}`);
    }
  }

  // Prometheus finds the surplus one after having read it, and points behind it.
  #closeParen(): Token {
    const token = this.#emit('symbol', 1);
    if (--this.#openParens < 0) this.#fail("unexpected right parenthesis ')'");
    return token;
  }

  #bracketWord(): Token {
    const char = this.#peek();
    if (char === ':') {
      if (this.#colonSeen) this.#fail("unexpected colon ':'");
      this.#colonSeen = true;
      return this.#emit('symbol', 1);
    }
    return this.#durationFunction() ?? this.#fail(`unexpected character: ${quoteRune(char)}, expected ':'`);
  }

  #insideBracket(): Token {
    const char = this.#peek();
    if (char === '') this.#fail('unexpected end of input in duration expression');
    if (/[0-9]/.test(char) || (char === '.' && /[0-9]/.test(this.#peek(1)))) {
      this.#awaitsDuration = false;
      return this.#number();
    }
    if (char === ']') {
      this.#bracketOpen = false;
      this.#awaitsDuration = false;
      return this.#emit('symbol', 1);
    }
    if (char === ':') return this.#durationColon();
    if (char === ')') return this.#closeParen();
    if (char === '(') this.#openParens++;
    if ('(+-*/%^'.includes(char) || (char === ',' && this.#durationFunctions)) return this.#emit('symbol', 1);
    const shown = quoteRune(this.#charAt(this.#position));
    return this.#durationFunction() ?? this.#fail(`unexpected character in duration expression: ${shown}`);
  }

  // As with a surplus parenthesis, the position is behind the colon.
  #durationColon(): Token {
    const token = this.#emit('symbol', 1);
    if (!this.#durationSeen) this.#fail('unexpected colon before duration in duration expression');
    if (this.#colonSeen) this.#fail('unexpected repeated colon in duration expression');
    this.#colonSeen = true;
    return token;
  }

  #durationFunction(): Token | null {
    if (!this.#durationFunctions) return null;
    const [word = ''] = /^[a-zA-Z_]*/.exec(this.#text.slice(this.#position, this.#position + 16)) ?? [];
    if (!DURATION_FUNCTIONS.has(word.toLowerCase())) return null;
    this.#durationSeen = true;
    return this.#emit('identifier', word.length);
  }

  #insideBraces(): Token {
    const char = this.#peek();
    const next = this.#peek(1);
    if (char === '') this.#fail('unexpected end of input inside braces');
    if (/[a-zA-Z_]/.test(char)) return this.#emit('identifier', this.#wordLength(isWordChar));
    if (char === '"' || char === "'" || char === '`') return this.#string();
    if (char === ',') return this.#emit('symbol', 1);
    if (char === '=') return this.#emit('symbol', next === '~' ? 2 : 1);
    if (char === '!') {
      if (next === '~' || next === '=') return this.#emit('symbol', 2);
      const shown = quoteRune(this.#charAt(this.#position + 1));
      this.#fail(`unexpected character after '!' inside braces: ${shown}`);
    }
    if (char === '{') this.#fail("unexpected left brace '{'");
    if (char !== '}') {
      this.#fail(`unexpected character inside braces: ${quoteRune(this.#charAt(this.#position))}`);
    }
    this.#braceOpen = false;
    return this.#emit('symbol', 1);
  }

  #name(): Token {
    const length = this.#wordLength((char) => char === ':' || isWordChar(char));
    const text = this.#text.slice(this.#position, this.#position + length);
    if (/^(inf|nan)$/i.test(text)) return this.#emit('number', length);
    const word = reservedWord(text);
    if (word !== null && (!needsParenthesis(word) || this.#parenthesisAfter(length))) return this.#emit('word', length);
    return this.#emit(text.includes(':') ? 'metric' : 'identifier', length);
  }

  #parenthesisAfter(length: number): boolean {
    let at = this.#position + length;
    while (at < this.#text.length && BLANKS.includes(this.#text.charAt(at))) at++;
    return this.#text.charAt(at) === '(';
  }

  #number(): Token {
    const { kind, end } = scanNumberOrDuration(this.#text, this.#position);
    if (kind === 'bad') {
      this.#fail(`bad number or duration syntax: ${quoteString(this.#text.slice(this.#position, end))}`);
    }
    return this.#emit(kind, end - this.#position);
  }

  #string(): Token {
    const scan = scanString(this.#text, this.#position);
    if ('error' in scan) this.#fail(scan.error);
    return { ...this.#emit('string', scan.end - this.#position), value: scan.value };
  }

  #wordLength(belongs: (char: string) => boolean): number {
    let end = this.#position;
    while (belongs(this.#text.charAt(end))) end++;
    return end - this.#position;
  }

  #emit(kind: TokenKind, length: number): Token {
    const start = this.#position;
    const end = start + length;
    this.#position = end;
    const text = this.#text.slice(start, end);
    const word = kind === 'word' || kind === 'symbol' ? text.toLowerCase() : '';
    return { kind, text, word, value: '', start, end };
  }

  #peek(ahead = 0): string {
    return this.#text.charAt(this.#position + ahead);
  }

  #charAt(position: number): string {
    const code = this.#text.codePointAt(position);
    return code === undefined ? '' : String.fromCodePoint(code);
  }

  #fail(message: string): never {
    return this.#problems.stop({ start: this.#position, end: this.#text.length }, message);
  }
}
