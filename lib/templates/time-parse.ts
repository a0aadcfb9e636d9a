import { epochDays, MONTHS, SECOND_NS, WEEKDAYS } from './calendar.ts';
import { quoteText } from './go-quote.ts';
import { parseLayout } from './time-format.ts';
import { type TimeValue, timeValue } from './value.ts';

/** What the elements of a layout found; absent ones have the value of the zero time. */
interface Fields {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
  nanosecond: number;
  isAfternoon: boolean | null;
  offsetS: number;
}

interface Reader {
  readonly pattern: RegExp;
  /** False when the value is out of its range. */
  readonly read: (fields: Fields, text: string) => boolean;
}

const SHORT_MONTHS = MONTHS.map((name) => name.slice(0, 3));

function number(pattern: RegExp, field: 'year' | 'month' | 'day' | 'hour' | 'minute' | 'second', most: number): Reader {
  return {
    pattern,
    read: (fields, text) => {
      fields[field] = Number(text.trim());
      return fields[field] <= most;
    },
  };
}

function month(names: readonly string[]): Reader {
  const read = (fields: Fields, text: string): boolean => {
    fields.month = names.findIndex((name) => name.toLowerCase() === text.toLowerCase()) + 1;
    return true;
  };
  return { pattern: new RegExp(names.join('|'), 'iy'), read };
}

function ignored(pattern: RegExp): Reader {
  return { pattern, read: () => true };
}

const halfDay: Reader = {
  pattern: /AM|PM/iy,
  read: (fields, text) => {
    fields.isAfternoon = text.toUpperCase() === 'PM';
    return true;
  },
};

const offset: Reader = {
  pattern: /Z|[+-]\d{2}(?::?\d{2}(?::?\d{2})?)?/y,
  read: (fields, text) => {
    const digits = text.replace(/[^\d]/g, '').padEnd(6, '0');
    const lengthS = Number(digits.slice(0, 2)) * 3600 + Number(digits.slice(2, 4)) * 60 + Number(digits.slice(4, 6));
    fields.offsetS = text.startsWith('-') ? -lengthS : lengthS;
    return true;
  },
};

const fraction: Reader = {
  pattern: /[.,]\d{1,9}/y,
  read: (fields, text) => {
    fields.nanosecond = Number(text.slice(1).padEnd(9, '0'));
    return true;
  },
};

const readers: ReadonlyMap<string, Reader> = new Map([
  ['2006', number(/\d{4}/y, 'year', 9999)],
  ['06', { pattern: /\d{2}/y, read: readShortYear }],
  ['01', number(/\d{2}/y, 'month', 12)],
  ['1', number(/\d{1,2}/y, 'month', 12)],
  ['January', month(MONTHS)],
  ['Jan', month(SHORT_MONTHS)],
  ['Monday', ignored(new RegExp(WEEKDAYS.join('|'), 'iy'))],
  ['Mon', ignored(new RegExp(WEEKDAYS.map((name) => name.slice(0, 3)).join('|'), 'iy'))],
  ['02', number(/\d{2}/y, 'day', 31)],
  ['_2', number(/ ?\d{1,2}/y, 'day', 31)],
  ['2', number(/\d{1,2}/y, 'day', 31)],
  ['15', number(/\d{1,2}/y, 'hour', 23)],
  ['03', number(/\d{2}/y, 'hour', 12)],
  ['3', number(/\d{1,2}/y, 'hour', 12)],
  ['04', number(/\d{2}/y, 'minute', 59)],
  ['4', number(/\d{1,2}/y, 'minute', 59)],
  ['05', number(/\d{2}/y, 'second', 59)],
  ['5', number(/\d{1,2}/y, 'second', 59)],
  ['PM', halfDay],
  ['pm', halfDay],
  ['MST', ignored(/[A-Z]{3,5}|[+-]\d{2}/y)],
]);

function readShortYear(fields: Fields, text: string): boolean {
  fields.year = Number(text) + (Number(text) >= 69 ? 1900 : 2000);
  return true;
}

function readerOf(element: string): Reader {
  if (/^[.,]/.test(element)) return fraction;
  return readers.get(element) ?? offset;
}

/** Parses a text by a Go layout, in UTC unless it names an offset. Or Go's message: `parsing time "x" as "2006": cannot parse …`. */
export function parseTime(layout: string, text: string): TimeValue | { readonly error: string } {
  const fields: Fields = {
    year: 0,
    month: 1,
    day: 1,
    hour: 0,
    minute: 0,
    second: 0,
    nanosecond: 0,
    isAfternoon: null,
    offsetS: 0,
  };
  const failure = (rest: string, element: string): { readonly error: string } => ({
    error: `parsing time ${quoteText(text)} as ${quoteText(layout)}: cannot parse ${quoteText(rest)} as ${quoteText(element)}`,
  });
  let at = 0;
  for (const { literal, element } of parseLayout(layout)) {
    if (!text.startsWith(literal, at)) return failure(text.slice(at), literal);
    at += literal.length;
    if (element === '') break;
    const reader = readerOf(element);
    const found = matchAt(reader.pattern, text, at);
    const isOptional = reader === fraction && element.charAt(1) === '9';
    if (found === null && !isOptional) return failure(text.slice(at), element);
    if (found !== null && !reader.read(fields, found)) return outOfRange(text, element);
    at += found?.length ?? 0;
    const bareFraction = element === '05' || element === '5' ? matchAt(fraction.pattern, text, at) : null;
    if (bareFraction !== null && !/^[.,][09]/.test(layout.slice(layout.indexOf(element) + element.length))) {
      fraction.read(fields, bareFraction);
      at += bareFraction.length;
    }
  }
  if (at < text.length) return { error: `parsing time ${quoteText(text)}: extra text: ${quoteText(text.slice(at))}` };
  return instantOf(fields) ?? outOfRange(text, 'day');
}

function matchAt(pattern: RegExp, text: string, at: number): string | null {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? null;
}

const RANGE_NAMES: readonly (readonly [RegExp, string])[] = [
  [/^(01|1)$/, 'month'],
  [/^(02|_2|2|day)$/, 'day'],
  [/^(15|03|3)$/, 'hour'],
  [/^0?4$/, 'minute'],
  [/^0?5$/, 'second'],
];

function outOfRange(text: string, element: string): { readonly error: string } {
  const name = RANGE_NAMES.find(([pattern]) => pattern.test(element))?.[1] ?? 'year';
  return { error: `parsing time ${quoteText(text)}: ${name} out of range` };
}

/** Null when the month has no such day. */
function instantOf(fields: Fields): TimeValue | null {
  const { year, day } = fields;
  const days = epochDays(year, fields.month, day);
  if (day < 1 || fields.month < 1 || days >= epochDays(year, fields.month + 1, 1)) return null;
  const halfDayHour = fields.isAfternoon === null ? fields.hour : (fields.hour % 12) + (fields.isAfternoon ? 12 : 0);
  const seconds = days * 86_400 + halfDayHour * 3600 + fields.minute * 60 + fields.second - fields.offsetS;
  return timeValue(BigInt(seconds) * SECOND_NS + BigInt(fields.nanosecond));
}
