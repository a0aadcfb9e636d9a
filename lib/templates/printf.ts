import { type Directive, formatValue, PLAIN, writeValue } from './go-format.ts';
import { createText, type TextBuilder } from './text-builder.ts';
import { textOf, typeName, type Value } from './value.ts';

/** Widths and precisions beyond this are refused, as in Go. */
const MAX_WIDTH = 1_000_000;

/** Formats like Go's `fmt.Sprintf`: wrong use shows up in the text (`%!d(string=x)`, `%!s(MISSING)`, `%!(EXTRA int=1)`). */
export function sprintf(format: string, operands: readonly Value[]): string {
  return new Printer(format, operands).print();
}

/** Like `fmt.Sprint`: a space only between two operands that are both no strings. */
export function sprint(operands: readonly Value[]): string {
  const out = createText();
  operands.forEach((operand, i) => {
    const isPlain = (value: Value | undefined): boolean => value !== undefined && textOf(value) === null;
    if (i > 0 && isPlain(operand) && isPlain(operands[i - 1])) out.add(' ');
    out.add(formatValue(operand));
  });
  return out.text();
}

/** Like `fmt.Sprintln`: spaces between all operands, a line feed at the end. */
export function sprintln(operands: readonly Value[]): string {
  const out = createText();
  operands.forEach((operand, i) => {
    if (i > 0) out.add(' ');
    out.add(formatValue(operand));
  });
  out.add('\n');
  return out.text();
}

class Printer {
  readonly format: string;
  readonly operands: readonly Value[];
  readonly out: TextBuilder = createText();
  position = 0;
  next = 0;
  isReordered = false;
  isGoodIndex = true;

  constructor(format: string, operands: readonly Value[]) {
    this.format = format;
    this.operands = operands;
  }

  print(): string {
    while (this.position < this.format.length) {
      const percent = this.format.indexOf('%', this.position);
      const end = percent < 0 ? this.format.length : percent;
      this.out.add(this.format.slice(this.position, end));
      this.position = end + 1;
      if (percent >= 0) this.printDirective();
    }
    if (!this.isReordered && this.next < this.operands.length) this.printExtra();
    return this.out.text();
  }

  printDirective(): void {
    this.isGoodIndex = true;
    const flags = this.match(/[#0+\- ]*/y);
    this.readIndex();
    const width = this.readStarOrNumber('(BADWIDTH)');
    const precision = this.readPrecision();
    this.readIndex();
    const verb = String.fromCodePoint(this.format.codePointAt(this.position) ?? 0);
    const complaint = this.complaintAbout(verb);
    this.position += verb.length;
    if (complaint !== null) {
      this.out.add(complaint);
      return;
    }
    const directive: Directive = {
      verb,
      plus: verb !== 'v' && flags.includes('+'),
      minus: flags.includes('-') || (width ?? 0) < 0,
      sharp: verb !== 'v' && flags.includes('#'),
      named: verb === 'v' && flags.includes('+'),
      goSyntax: verb === 'v' && flags.includes('#'),
      space: flags.includes(' '),
      zero: flags.includes('0'),
      width: width === null ? null : Math.abs(width),
      precision,
    };
    writeValue(this.out, directive, this.operands[this.next++] ?? null);
  }

  /** What is printed in place of an operand; null when there is one to print. */
  complaintAbout(verb: string): string | null {
    if (this.position >= this.format.length) return '%!(NOVERB)';
    if (verb === '%') return '%';
    if (!this.isGoodIndex) return `%!${verb}(BADINDEX)`;
    return this.next < this.operands.length ? null : `%!${verb}(MISSING)`;
  }

  readPrecision(): number | null {
    if (this.format[this.position] !== '.') return null;
    this.position++;
    this.readIndex();
    if (this.format[this.position] !== '*') return this.readNumber() ?? 0;
    const precision = this.readStarOrNumber('(BADPREC)');
    if (precision === null || precision >= 0) return precision;
    this.out.add('%!(BADPREC)');
    return null;
  }

  /** A number, or `*` for one taken from the operands. */
  readStarOrNumber(complaint: string): number | null {
    if (this.format[this.position] !== '*') return this.readNumber();
    this.position++;
    const operand = this.operands[this.next];
    if (operand !== undefined) this.next++;
    const isInt = typeof operand === 'object' && operand?.kind === 'int';
    const value = isInt ? Number(operand.value) : Number.NaN;
    if (Math.abs(value) <= MAX_WIDTH) return value;
    this.out.add(`%!${complaint}`);
    return null;
  }

  readNumber(): number | null {
    const digits = this.match(/[0-9]*/y);
    if (digits === '') return null;
    if (Number(digits) <= MAX_WIDTH) return Number(digits);
    this.position = this.format.length;
    return null;
  }

  /** `[3]`: the operand to go on with, counted from 1. */
  readIndex(): void {
    if (this.format[this.position] !== '[') return;
    this.isReordered = true;
    const close = this.format.indexOf(']', this.position);
    const digits = close < 0 ? '' : this.format.slice(this.position + 1, close);
    const index = /^[0-9]{1,7}$/.test(digits) ? Number(digits) : 0;
    this.isGoodIndex = index >= 1 && index <= this.operands.length;
    this.position = close < 0 ? this.position + 1 : close + 1;
    if (this.isGoodIndex) this.next = index - 1;
  }

  match(pattern: RegExp): string {
    pattern.lastIndex = this.position;
    const found = pattern.exec(this.format)?.[0] ?? '';
    this.position += found.length;
    return found;
  }

  printExtra(): void {
    this.out.add('%!(EXTRA ');
    this.operands.slice(this.next).forEach((operand, i) => {
      if (i > 0) this.out.add(', ');
      this.out.add(typeName(operand));
      if (operand === null) return;
      this.out.add('=');
      writeValue(this.out, PLAIN, operand);
    });
    this.out.add(')');
  }
}
