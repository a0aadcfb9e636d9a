import { compareText } from '../model/labels.ts';
import { formatFloat } from './go-float.ts';
import { characterOf, isPrintable, quoteRune, quoteText } from './go-quote.ts';
import { stringerText } from './stringer.ts';
import { CallError } from './template-error.ts';
import { createText, type TextBuilder } from './text-builder.ts';
import { encodeUtf8 } from './utf8.ts';
import { type MapValue, type SliceValue, type StructValue, textOf, typeName, type Value } from './value.ts';

/** One `%…` of a format: its verb and what modifies it. */
export interface Directive {
  readonly verb: string;
  readonly plus: boolean;
  readonly minus: boolean;
  readonly sharp: boolean;
  readonly space: boolean;
  readonly zero: boolean;
  /** `%+v`: structs with the names of their fields. */
  readonly named: boolean;
  /** `%#v`: as Go source. */
  readonly goSyntax: boolean;
  /** Fewest characters; null for no padding. */
  readonly width: number | null;
  readonly precision: number | null;
}

export const PLAIN: Directive = {
  verb: 'v',
  plus: false,
  minus: false,
  sharp: false,
  space: false,
  zero: false,
  named: false,
  goSyntax: false,
  width: null,
  precision: null,
};

const MAX_DEPTH = 100;

/** The text of a value as `%v` prints it. Throws a CallError when it is too long or nested too deep. */
export function formatValue(value: Value): string {
  if (typeof value === 'string') return value;
  const out = createText();
  writeValue(out, PLAIN, value);
  return out.text();
}

/** Writes one value by one directive. A verb that does not fit gives text such as `%!d(string=x)`, never an error. */
export function writeValue(out: TextBuilder, directive: Directive, value: Value, depth = 0): void {
  if (depth > MAX_DEPTH) throw new CallError(`value nested deeper than ${MAX_DEPTH} levels`);
  const isComposite = typeof value === 'object' && value !== null && directive.verb !== 'T';
  const whole = isComposite ? stringerFor(directive, value) : null;
  if (isComposite && whole === null && value.kind === 'slice') writeSlice(out, directive, value, depth);
  else if (isComposite && whole === null && value.kind === 'map') writeMap(out, directive, value, depth);
  else if (isComposite && whole === null && value.kind === 'struct') writeStruct(out, directive, value, depth);
  else if (value === null && depth > 0 && directive.goSyntax) out.add('interface {}(nil)');
  else out.add(formatSimple(directive, value, whole));
}

/** What the value's String method says, where the verb asks for it. */
function stringerFor(directive: Directive, value: Value): string | null {
  return 'vsxXq'.includes(directive.verb) && !directive.goSyntax ? stringerText(value) : null;
}

function formatSimple(directive: Directive, value: Value, own: string | null): string {
  const { verb } = directive;
  if (verb === 'T') return pad(directive, typeName(value));
  if (value === null) return verb === 'v' ? pad(directive, '<nil>') : `%!${verb}(<nil>)`;
  const text = own ?? textOf(value);
  const shown = text === null ? formatScalar(directive, value) : formatText(directive, text);
  return shown ?? badVerb(directive, value);
}

function badVerb(directive: Directive, value: Value): string {
  if (directive.verb === 'v') return typeName(value);
  const out = createText();
  writeValue(out, { ...directive, verb: 'v' }, value);
  return `%!${directive.verb}(${typeName(value)}=${out.text()})`;
}

function writeSlice(out: TextBuilder, directive: Directive, value: SliceValue, depth: number): void {
  out.add(directive.goSyntax ? `${value.type}{` : '[');
  value.items.forEach((item, i) => {
    if (i > 0) out.add(directive.goSyntax ? ', ' : ' ');
    writeValue(out, directive, item, depth + 1);
  });
  out.add(directive.goSyntax ? '}' : ']');
}

function writeMap(out: TextBuilder, directive: Directive, value: MapValue, depth: number): void {
  out.add(directive.goSyntax ? `${value.type}{` : 'map[');
  sortedKeys(value).forEach((key, i) => {
    if (i > 0) out.add(directive.goSyntax ? ', ' : ' ');
    writeValue(out, directive, key, depth + 1);
    out.add(':');
    writeValue(out, directive, value.entries.get(key) ?? value.zero, depth + 1);
  });
  out.add(directive.goSyntax ? '}' : ']');
}

/** Keys in the order of their UTF-8 bytes: how Go prints maps and ranges over them. */
export function sortedKeys(map: MapValue): readonly string[] {
  return [...map.entries.keys()].sort(compareText);
}

function writeStruct(out: TextBuilder, directive: Directive, value: StructValue, depth: number): void {
  const isNamed = directive.goSyntax || directive.named;
  const reference = value.type.startsWith('*') ? '&' : '';
  out.add(reference + (directive.goSyntax ? value.type.replace('*', '') : ''));
  out.add('{');
  [...value.fields].forEach(([name, field], i) => {
    if (i > 0) out.add(directive.goSyntax ? ', ' : ' ');
    if (isNamed) out.add(`${name}:`);
    writeValue(out, directive, field, depth + 1);
  });
  out.add('}');
}

/** Null when the verb does not fit the value. */
function formatScalar(directive: Directive, value: Value): string | null {
  if (typeof value === 'boolean') return 'tv'.includes(directive.verb) ? pad(directive, String(value)) : null;
  if (typeof value !== 'object' || value === null) return null;
  switch (value.kind) {
    case 'int':
      return formatInt(directive, value.value);
    case 'float':
      return formatFloatVerb(directive, value.value);
    case 'complex': {
      const real = formatFloatVerb(directive, value.real);
      const imaginary = formatFloatVerb(
        { ...directive, plus: true, verb: directive.verb.replace('v', 'g') },
        value.imaginary,
      );
      return real === null || imaginary === null ? null : `(${real}${imaginary}i)`;
    }
    default:
      return null;
  }
}

/** Null when the verb is not one for strings. */
function formatText(directive: Directive, text: string): string | null {
  switch (directive.verb) {
    case 's':
      return pad(directive, cut(directive, text));
    case 'v':
      return pad(directive, directive.goSyntax ? quoteText(text) : cut(directive, text));
    case 'q': {
      const shown = cut(directive, text);
      const isRaw = directive.sharp && !/[`\u{feff}\u{7f}]|[^\P{Cc}\t]/u.test(shown);
      return pad(directive, isRaw ? `\`${shown}\`` : quoteText(shown, directive.plus));
    }
    case 'x':
    case 'X':
      return pad(directive, hexText(directive, text));
    default:
      return null;
  }
}

function cut(directive: Directive, text: string): string {
  return directive.precision === null ? text : [...text].slice(0, directive.precision).join('');
}

function hexText(directive: Directive, text: string): string {
  const bytes = encodeUtf8(text).slice(0, directive.precision ?? undefined);
  const prefix = directive.sharp ? '0x' : '';
  const pairs = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0'));
  const joined = directive.space
    ? pairs.map((two) => prefix + two).join(' ')
    : (pairs.length > 0 ? prefix : '') + pairs.join('');
  return directive.verb === 'X' ? joined.toUpperCase() : joined;
}

const RADIX: Readonly<Record<string, number>> = { d: 10, v: 10, b: 2, o: 8, O: 8, x: 16, X: 16 };
const RADIX_PREFIX: Readonly<Record<string, string>> = { b: '0b', o: '0', x: '0x', X: '0X' };

function formatInt(directive: Directive, value: bigint): string | null {
  const { verb, precision, width } = directive;
  if (verb === 'c') return pad(directive, characterOf(Number(value)));
  if (verb === 'q') return pad(directive, quoteRune(Number(value), directive.plus));
  if (verb === 'U') return pad(directive, formatCodePoint(directive, value));
  const radix = RADIX[verb];
  if (radix === undefined) return null;
  if (precision === 0 && value === 0n) return ' '.repeat(width ?? 0);
  const lower = (value < 0n ? -value : value).toString(radix).padStart(precision ?? 0, '0');
  const digits = verb === 'X' ? lower.toUpperCase() : lower;
  const prefix = verb === 'O' ? '0o' : directive.sharp ? (RADIX_PREFIX[verb] ?? '') : '';
  const sign = signOf(directive, value < 0n);
  const zeros =
    precision === null && directive.zero && !directive.minus ? (width ?? 0) - sign.length - digits.length : 0;
  return pad({ ...directive, zero: false }, sign + prefix + '0'.repeat(Math.max(zeros, 0)) + digits);
}

function signOf(directive: Directive, isNegative: boolean): string {
  if (isNegative) return '-';
  if (directive.plus) return '+';
  return directive.space ? ' ' : '';
}

function formatCodePoint(directive: Directive, value: bigint): string {
  const digits = value
    .toString(16)
    .toUpperCase()
    .padStart(Math.max(directive.precision ?? 4, 4), '0');
  const character = characterOf(Number(value));
  return `U+${digits}${directive.sharp && isPrintable(character) ? ` '${character}'` : ''}`;
}

const FLOAT_FORMS: Readonly<Record<string, { readonly form: 'e' | 'f' | 'g'; readonly precision: number | null }>> = {
  v: { form: 'g', precision: null },
  g: { form: 'g', precision: null },
  G: { form: 'g', precision: null },
  e: { form: 'e', precision: 6 },
  E: { form: 'e', precision: 6 },
  f: { form: 'f', precision: 6 },
  F: { form: 'f', precision: 6 },
};

function formatFloatVerb(directive: Directive, value: number): string | null {
  const usual = FLOAT_FORMS[directive.verb];
  if (usual === undefined) return null;
  const text = formatFloat(value, usual.form, directive.precision ?? usual.precision);
  const isNegative = text.startsWith('-');
  const unsigned = text.replace(/^[-+]/, '');
  if (!Number.isFinite(value)) {
    const shownSign = isNegative ? '-' : directive.space && !directive.plus ? ' ' : '+';
    const isBare = Number.isNaN(value) && !directive.space && !directive.plus;
    return pad({ ...directive, zero: false }, (isBare ? '' : shownSign) + unsigned);
  }
  const sign = signOf(directive, isNegative);
  const shown = directive.verb === 'E' || directive.verb === 'G' ? unsigned.toUpperCase() : unsigned;
  const isZeroPadded = directive.zero && !directive.minus;
  return pad(directive, sign + (isZeroPadded ? shown.padStart((directive.width ?? 0) - sign.length, '0') : shown));
}

/** Pads to the width, which counts code points. */
function pad(directive: Directive, text: string): string {
  const missing = (directive.width ?? 0) - (directive.width === null ? 0 : [...text].length);
  if (missing <= 0) return text;
  if (directive.minus) return text + ' '.repeat(missing);
  return (directive.zero ? '0' : ' ').repeat(missing) + text;
}
