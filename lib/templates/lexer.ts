import { quoteText } from './go-quote.ts';

export type TokenKind =
  | 'text'
  | 'open'
  | 'close'
  | 'space'
  | 'name'
  | 'keyword'
  | 'field'
  | 'variable'
  | 'dot'
  | 'bool'
  | 'number'
  | 'char'
  | 'string'
  | 'pipe'
  | 'left-paren'
  | 'right-paren'
  | 'declare'
  | 'assign'
  | 'symbol'
  | 'end'
  | 'error';

export interface Token {
  readonly kind: TokenKind;
  /** The characters themselves; for `error` the message. */
  readonly text: string;
  /** UTF-16 offset in the source. */
  readonly at: number;
  /** 1-based. */
  readonly line: number;
}

const KEYWORDS = new Set([
  'block',
  'break',
  'continue',
  'define',
  'else',
  'end',
  'if',
  'range',
  'nil',
  'template',
  'with',
]);
const SPACE = /[ \t\r\n]/;
const WORD = /[\p{L}\p{Nd}_]*/uy;
const NUMBER = new RegExp(
  [
    '[+-]?',
    '(?:0[xX][0-9a-fA-F_]*(?:\\.[0-9a-fA-F_]*)?(?:[pP][+-]?[0-9_]*)?',
    '|0[bB][01_]*(?:\\.[01_]*)?|0[oO][0-7_]*(?:\\.[0-7_]*)?',
    '|[0-9_]*(?:\\.[0-9_]*)?(?:[eE][+-]?[0-9_]*)?)i?',
  ].join(''),
  'y',
);

/**
 * Cuts a template into tokens: text, and inside `{{ }}` the words of the language. White space next to `{{-` and `-}}` is cut
 * away and comments are left out. The last token is `end`, or `error` where the source cannot be read further.
 */
export function scanTemplate(source: string): readonly Token[] {
  return new Scanner(source).scan();
}

/** A token as Go names it in messages: quoted, at most ten characters; keywords and the dot in angle brackets. */
export function printToken(token: Token): string {
  if (token.kind === 'end') return 'EOF';
  if (token.kind === 'error') return token.text;
  if (token.kind === 'keyword' || token.kind === 'dot') return `<${token.text}>`;
  const characters = [...token.text];
  return characters.length > 10 ? `${quoteText(characters.slice(0, 10).join(''))}...` : quoteText(token.text);
}

class Scanner {
  readonly source: string;
  readonly tokens: Token[] = [];
  position = 0;
  line = 1;
  parentheses = 0;

  constructor(source: string) {
    this.source = source;
  }

  scan(): readonly Token[] {
    let goesOn = true;
    while (goesOn) goesOn = this.scanText() && this.scanAction();
    return this.tokens;
  }

  /** Up to the next `{{`; false at the end of the source. */
  scanText(): boolean {
    const open = this.source.indexOf('{{', this.position);
    const end = open < 0 ? this.source.length : open;
    const isTrimmed = open >= 0 && this.source[open + 2] === '-' && SPACE.test(this.source.charAt(open + 3));
    const text = this.source.slice(this.position, end);
    const kept = isTrimmed ? text.replace(/[ \t\r\n]+$/, '') : text;
    if (kept !== '') this.push('text', kept);
    this.skipTo(end);
    if (open < 0) {
      this.push('end', '');
      return false;
    }
    const afterMarker = open + (isTrimmed ? 4 : 2);
    if (this.source.startsWith('/*', afterMarker)) return this.skipComment(afterMarker);
    this.push('open', '{{');
    this.skipTo(isTrimmed ? open + 3 : open + 2);
    return true;
  }

  /** A comment takes the whole action: `{{/* … *}}` with optional trim markers. */
  skipComment(start: number): boolean {
    const close = this.source.indexOf('*/', start);
    if (close < 0) return this.fail('unclosed comment');
    this.skipTo(close + 2);
    if (!this.skipClose()) return this.fail('comment ends before closing delimiter');
    return this.scanText();
  }

  /** The tokens up to `}}`; false when the source ends or breaks inside. */
  scanAction(): boolean {
    this.parentheses = 0;
    while (true) {
      if (this.isAtClose()) {
        if (this.parentheses > 0) return this.fail('unclosed left paren');
        this.push('close', '}}');
        return this.skipClose();
      }
      if (this.position >= this.source.length) return this.fail('unclosed action');
      if (!this.scanToken()) return false;
    }
  }

  isAtClose(): boolean {
    return this.source.startsWith('}}', this.position) || this.isAtTrimmedClose(this.position);
  }

  isAtTrimmedClose(at: number): boolean {
    return SPACE.test(this.source.charAt(at)) && this.source.startsWith('-}}', at + 1);
  }

  skipClose(): boolean {
    if (this.isAtTrimmedClose(this.position)) {
      this.skipTo(this.position + 4);
      while (SPACE.test(this.source.charAt(this.position))) this.skipTo(this.position + 1);
      return true;
    }
    if (!this.source.startsWith('}}', this.position)) return false;
    this.skipTo(this.position + 2);
    return true;
  }

  scanToken(): boolean {
    const next = this.source.charAt(this.position);
    if (SPACE.test(next)) return this.scanSpace();
    if (next === '"') return this.scanQuoted('"', 'string', 'unterminated quoted string');
    if (next === "'") return this.scanQuoted("'", 'char', 'unterminated character constant');
    if (next === '`') return this.scanRaw();
    if (next === '$') return this.scanName('variable', 1);
    if (next === '.' && !/[0-9]/.test(this.source.charAt(this.position + 1))) return this.scanName('field', 1);
    if (/[-+.0-9]/.test(next)) return this.scanNumber();
    return this.wordAt(this.position) === '' ? this.scanSign(next) : this.scanName('name', 0);
  }

  scanSpace(): boolean {
    let end = this.position;
    while (SPACE.test(this.source.charAt(end)) && !this.isAtTrimmedClose(end)) end++;
    return this.take('space', end);
  }

  scanQuoted(quote: string, kind: TokenKind, unterminated: string): boolean {
    let end = this.position + 1;
    while (end < this.source.length && this.source[end] !== quote && this.source[end] !== '\n') {
      end += this.source[end] === '\\' && this.source[end + 1] !== '\n' ? 2 : 1;
    }
    return this.source[end] === quote ? this.take(kind, end + 1) : this.fail(unterminated);
  }

  scanRaw(): boolean {
    const end = this.source.indexOf('`', this.position + 1);
    return end < 0 ? this.fail('unterminated raw quoted string') : this.take('string', end + 1);
  }

  wordAt(at: number): string {
    WORD.lastIndex = at;
    return WORD.exec(this.source)?.[0] ?? '';
  }

  /** A word, perhaps after a `.` or `$`; it must end where a word may end. */
  scanName(kind: 'field' | 'variable' | 'name', prefixLength: number): boolean {
    const word = this.wordAt(this.position + prefixLength);
    const end = this.position + prefixLength + word.length;
    if (!this.isTerminator(end)) return this.fail(`bad character ${printCodePoint(this.source, end)}`);
    if (kind === 'field' && word === '') return this.take('dot', end);
    if (kind !== 'name') return this.take(kind, end);
    if (KEYWORDS.has(word)) return this.take('keyword', end);
    return this.take(word === 'true' || word === 'false' ? 'bool' : 'name', end);
  }

  isTerminator(at: number): boolean {
    return (
      at >= this.source.length || /[ \t\r\n.,|:()]/.test(this.source.charAt(at)) || this.source.startsWith('}}', at)
    );
  }

  scanNumber(): boolean {
    const first = this.matchNumber(this.position);
    const second = /[+-]/.test(this.source.charAt(first)) ? this.matchNumber(first) : first;
    const isComplex = second > first && this.source[second - 1] === 'i';
    if (this.wordAt(second) !== '' || (second > first && !isComplex)) {
      const shown = this.source.slice(this.position, second + (this.wordAt(second) === '' ? 0 : 1));
      return this.fail(`bad number syntax: ${quoteText(shown)}`);
    }
    return this.take('number', second);
  }

  matchNumber(at: number): number {
    NUMBER.lastIndex = at;
    return at + (NUMBER.exec(this.source)?.[0].length ?? 0);
  }

  scanSign(next: string): boolean {
    if (next === '|') return this.take('pipe', this.position + 1);
    if (next === '=') return this.take('assign', this.position + 1);
    if (next === ':') {
      return this.source[this.position + 1] === '='
        ? this.take('declare', this.position + 2)
        : this.fail('expected :=');
    }
    if (next === '(') {
      this.parentheses++;
      return this.take('left-paren', this.position + 1);
    }
    if (next === ')') {
      this.parentheses--;
      return this.parentheses < 0 ? this.fail('unexpected right paren') : this.take('right-paren', this.position + 1);
    }
    if (/[!-~]/.test(next)) return this.take('symbol', this.position + 1);
    return this.fail(`unrecognized character in action: ${printCodePoint(this.source, this.position)}`);
  }

  take(kind: TokenKind, end: number): boolean {
    this.push(kind, this.source.slice(this.position, end));
    this.skipTo(end);
    return true;
  }

  push(kind: TokenKind, text: string): void {
    this.tokens.push({ kind, text, at: this.position, line: this.line });
  }

  skipTo(end: number): void {
    for (let i = this.position; i < end; i++) if (this.source.charCodeAt(i) === 10) this.line++;
    this.position = end;
  }

  fail(message: string): false {
    this.push('error', message);
    return false;
  }
}

/** `U+0040 '@'`. */
function printCodePoint(source: string, at: number): string {
  const code = source.codePointAt(at) ?? 0xfffd;
  return `U+${code.toString(16).toUpperCase().padStart(4, '0')} '${String.fromCodePoint(code)}'`;
}
