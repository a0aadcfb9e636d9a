/**
 * Numbers as text, written straight into bytes: answers with ten thousands of points make no string of each. The texts are those of
 * number-texts.ts.
 */
import { SECOND_MS } from '../model/unix-time.ts';
import { sampleText, sampleTimeText } from './number-texts.ts';

/** Room that any number needs, with some to spare. */
export const NUMBER_BYTES = 32;

const ZERO = 48;
const MINUS = 45;
const POINT = 46;
const COMMA = 44;
const END_OF_LIST = 93;
const FIRST_LETTER = 65;
/** Integers below are written in two halves that each fit in 32 bits. */
const MAX_EXACT = 1e15;
const HALF = 1e8;

/** Values to be written one after the other. */
export interface SampleRow {
  readonly values: Float64Array;
  /** The texts of all values from some one on, as a list in JSON; "" while none was needed. */
  texts: string;
  /** Where in `texts` the text of value `next` begins. */
  at: number;
  next: number;
}

export function createSampleRow(values: Float64Array): SampleRow {
  return { values, texts: '', at: 0, next: 0 };
}

/** Writes the value of a sample at `at`; gives where it ends. Indices rise from call to call. */
export function putSample(bytes: Uint8Array, at: number, row: SampleRow, index: number): number {
  const value = row.values[index] ?? Number.NaN;
  if (row.texts === '') {
    const end = putShort(bytes, at, value);
    if (end > at) return end;
    readTexts(row, index);
  }
  for (; row.next < index; row.next++) row.at = row.texts.indexOf(',', row.at) + 1;
  const end = putNextText(bytes, at, row);
  return end > at ? end : putAscii(bytes, at, sampleText(value));
}

/**
 * Long digits are many in a series that has any. Texts made one by one cost twice as much, and V8 remembers them: a megabyte
 * for each few answers, which must be collected.
 */
function readTexts(row: SampleRow, from: number): void {
  const { values } = row;
  listed.length = values.length - from;
  for (let i = from; i < values.length; i++) listed[i - from] = values[i] ?? Number.NaN;
  row.texts = JSON.stringify(listed);
  row.at = 1;
  row.next = from;
}

const listed: number[] = [];

/** Gives `at` for what JSON has no number for, or writes otherwise than Go does. */
function putNextText(bytes: Uint8Array, at: number, row: SampleRow): number {
  const { texts } = row;
  let from = row.at;
  let place = at;
  let isDecimal = true;
  for (; ; from++) {
    const unit = texts.charCodeAt(from);
    if (unit === COMMA || unit === END_OF_LIST) break;
    // null, or an exponent.
    if (unit > FIRST_LETTER) isDecimal = false;
    bytes[place++] = unit;
  }
  row.at = from + 1;
  row.next++;
  const isZero = place === at + 1 && bytes[at] === ZERO;
  return isDecimal && !isZero ? place : at;
}

/** Writes whole numbers and short decimals; gives `at` for any other. */
function putShort(bytes: Uint8Array, at: number, value: number): number {
  const size = Math.abs(value);
  // Also false for NaN. The sign of -0 is left to the general way, too.
  if (!(size < MAX_EXACT) || (value === 0 && Object.is(value, -0))) return at;
  let place = at;
  const whole = Math.floor(size);
  if (whole === size) {
    if (value < 0) bytes[place++] = MINUS;
    return putInteger(bytes, place, whole);
  }
  // A decimal of at most 15 digits that reads back as the number is its shortest text: no other of that length does.
  const scale = whole < 1e9 ? 1e6 : 1e3;
  const scaled = size * scale;
  const digits = Math.round(scaled);
  if (scaled >= MAX_EXACT || digits / scale !== size) return at;
  if (value < 0) bytes[place++] = MINUS;
  place = putInteger(bytes, place, whole);
  bytes[place++] = POINT;
  return putFraction(bytes, place, digits - whole * scale, scale);
}

/** Writes an instant in seconds, as samples have it; gives where it ends. */
export function putTime(bytes: Uint8Array, at: number, timeMs: number): number {
  if (!(timeMs >= 0 && timeMs < MAX_EXACT)) return putAscii(bytes, at, sampleTimeText(timeMs));
  const seconds = Math.floor(timeMs / SECOND_MS);
  const restMs = timeMs - seconds * SECOND_MS;
  const place = putInteger(bytes, at, seconds);
  if (restMs === 0) return place;
  bytes[place] = POINT;
  return putPadded(bytes, place + 1, restMs, 3);
}

/** The part behind the point, without the zeros at its end. `fraction` of `scale`, which is 1e3 or 1e6. */
function putFraction(bytes: Uint8Array, at: number, fraction: number, scale: number): number {
  let left = fraction;
  let width = scale === 1e6 ? 6 : 3;
  while (left % 10 === 0) {
    left = (left / 10) | 0;
    width--;
  }
  return putPadded(bytes, at, left, width);
}

/** A whole number from 0 to MAX_EXACT. */
function putInteger(bytes: Uint8Array, at: number, value: number): number {
  if (value < HALF) return putPadded(bytes, at, value, widthOf(value));
  const high = Math.floor(value / HALF);
  return putPadded(bytes, putPadded(bytes, at, high, widthOf(high)), value - high * HALF, 8);
}

/** Digits of a whole number below 1e8. */
function widthOf(value: number): number {
  if (value < 1e4) {
    if (value < 100) return value < 10 ? 1 : 2;
    return value < 1_000 ? 3 : 4;
  }
  if (value < 1e6) return value < 1e5 ? 5 : 6;
  return value < 1e7 ? 7 : 8;
}

function putPadded(bytes: Uint8Array, at: number, value: number, width: number): number {
  let left = value | 0;
  for (let i = at + width - 1; i >= at; i--) {
    const rest = (left / 10) | 0;
    bytes[i] = ZERO + left - rest * 10;
    left = rest;
  }
  return at + width;
}

/** Text of ASCII alone. */
export function putAscii(bytes: Uint8Array, at: number, text: string): number {
  for (let i = 0; i < text.length; i++) bytes[at + i] = text.charCodeAt(i);
  return at + text.length;
}
