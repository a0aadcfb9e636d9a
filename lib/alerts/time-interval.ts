/** Whether a time interval holds at an instant, read on the clock of its place. */
import type { InclusiveRange, TimeInterval } from './time-interval-spec.ts';

/** Those of the named intervals that hold: each is a list of entries of which one suffices. Unknown names never hold. */
export function namesHolding(
  names: readonly string[],
  intervals: ReadonlyMap<string, readonly TimeInterval[]>,
  atMs: number,
): readonly string[] {
  return names.filter((name) => (intervals.get(name) ?? []).some((interval) => intervalHolds(interval, atMs)));
}

export function intervalHolds(interval: TimeInterval, atMs: number): boolean {
  const { minute, weekday, dayOfMonth, month, year } = readClock(interval.location ?? 'UTC', atMs);
  const { times, weekdays, daysOfMonth, months, years } = interval;
  return (
    (times === null || times.some(({ startMinute, endMinute }) => minute >= startMinute && minute < endMinute)) &&
    (daysOfMonth === null || daysOfMonth.some((range) => hasDay(range, dayOfMonth, daysInMonth(year, month)))) &&
    hasValue(months, month) &&
    hasValue(weekdays, weekday) &&
    hasValue(years, year)
  );
}

function hasValue(ranges: readonly InclusiveRange[] | null, value: number): boolean {
  return ranges === null || ranges.some(({ begin, end }) => value >= begin && value <= end);
}

/** Negative days count from the end. A range that begins after the month's last day is skipped; else both ends are moved into it. */
function hasDay({ begin, end }: InclusiveRange, day: number, lastDay: number): boolean {
  const fromStart = (value: number): number => (value < 0 ? lastDay + value + 1 : value);
  if (fromStart(begin) > lastDay) return false;
  const within = (value: number): number => Math.min(Math.max(fromStart(value), 1), lastDay);
  return day >= within(begin) && day <= within(end);
}

function daysInMonth(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

interface ClockReading {
  /** Since midnight, by the hands of the clock. */
  readonly minute: number;
  /** 0 is Sunday. */
  readonly weekday: number;
  readonly dayOfMonth: number;
  /** 1 is January. */
  readonly month: number;
  readonly year: number;
}

const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
// Making a formatter costs far more than using it; there are a few hundred zones at most.
const formats = new Map<string, Intl.DateTimeFormat>();

function readClock(zone: string, atMs: number): ClockReading {
  const parts = new Map<string, string>();
  for (const { type, value } of formatOf(zone).formatToParts(atMs)) parts.set(type, value);
  const part = (type: string): number => Number(parts.get(type));
  return {
    minute: part('hour') * 60 + part('minute'),
    weekday: WEEKDAYS.indexOf(parts.get('weekday') ?? ''),
    dayOfMonth: part('day'),
    month: part('month'),
    year: part('year'),
  };
}

function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone);
  if (known !== undefined) return known;
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    calendar: 'gregory',
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    weekday: 'short',
    hour: 'numeric',
    minute: 'numeric',
  });
  formats.set(zone, format);
  return format;
}
