const DECIMAL_DIGITS = '0123456789';
const HEX_DIGITS = '0123456789abcdefABCDEF';

/** What a run of number-like characters is: up to `end` (exclusive). "bad" ends after the character that spoils it. */
export interface NumberScan {
  readonly kind: 'number' | 'duration' | 'bad';
  readonly end: number;
}

/**
 * Scans a number or a duration that starts at `start` with a digit or a dot.
 * Matches Prometheus' scanner character by character, so that messages quote the same text.
 */
export function scanNumberOrDuration(text: string, start: number): NumberScan {
  const scanner = new NumberScanner(text, start);
  if (scanner.number()) return { kind: 'number', end: scanner.position };
  const isDuration = scanner.durationRest();
  return { kind: isDuration ? 'duration' : 'bad', end: scanner.position };
}

class NumberScanner {
  readonly #text: string;
  position: number;

  constructor(text: string, start: number) {
    this.#text = text;
    this.position = start;
  }

  /** False leaves the position where the number broke. */
  number(): boolean {
    const isHex = this.#accept('0') && this.#accept('xX');
    if (isHex) this.#accept('_');
    const digits = isHex ? HEX_DIGITS : DECIMAL_DIGITS;
    this.#accept('.');
    this.#accept(digits);
    let seen = { dot: false, exponent: false };
    while (this.#at(`${digits}._eE`)) {
      const next = this.#part(digits, isHex, seen);
      if (next === null) return false;
      seen = next;
    }
    return !isWordChar(this.#char());
  }

  #part(digits: string, isHex: boolean, seen: { dot: boolean; exponent: boolean }): typeof seen | null {
    if ((seen.dot && this.#accept('.')) || (seen.exponent && this.#accept('eE'))) return null;
    if (this.#accept('.')) return this.#accept('_.') || isHex ? null : { ...seen, dot: true };
    if (this.#accept('eE')) {
      this.#accept('+-');
      return this.#accept('._eE') || this.#char() === '' ? null : { ...seen, exponent: true };
    }
    if (this.#accept('_')) return this.#accept('._eE') || this.#char() === '' ? null : seen;
    while (this.#accept(digits));
    return seen;
  }

  /** A unit, then more digits with units. On success the position is after the last unit. */
  durationRest(): boolean {
    if (!this.#accept('smhdwy')) return false;
    this.#accept('s');
    while (this.#accept(DECIMAL_DIGITS)) {
      while (this.#accept(DECIMAL_DIGITS));
      if (!this.#accept('smhdw')) return false;
      this.#accept('s');
    }
    if (!isWordChar(this.#char())) return true;
    this.position++;
    return false;
  }

  #char(): string {
    return this.#text.charAt(this.position);
  }

  #at(set: string): boolean {
    const char = this.#char();
    return char !== '' && set.includes(char);
  }

  #accept(set: string): boolean {
    if (!this.#at(set)) return false;
    this.position++;
    return true;
  }
}

/** A letter, a digit or an underscore; not the end. */
export function isWordChar(char: string): boolean {
  return /^[a-zA-Z0-9_]$/.test(char);
}
