import { dateFromDays, daysFromDate } from '../model/calendar.ts';

/** A point in the proleptic Gregorian calendar. `month` 1-12, `weekday` 0 = Sunday, `yearDay` from 1. */
export interface CivilTime {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly nanosecond: number;
  readonly weekday: number;
  readonly yearDay: number;
}

export const SECOND_NS = 1_000_000_000n;
export const MILLISECOND_NS = 1_000_000n;
const DAY_S = 86_400;
export const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
] as const;
export const WEEKDAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'] as const;

/** Days since 1970-01-01; months and days out of range carry over, as in Go's `AddDate`. */
export function epochDays(year: number, month: number, day: number): number {
  const monthIndex = month - 1;
  const wholeYears = Math.floor(monthIndex / 12);
  return daysFromDate({ year: year + wholeYears, month: monthIndex - wholeYears * 12 + 1, day });
}

/** The calendar reading of an instant, `offsetS` seconds east of UTC. */
export function civilTime(epochNs: bigint, offsetS: number): CivilTime {
  const seconds = Number(floorDivide(epochNs, SECOND_NS)) + offsetS;
  const nanosecond = Number(epochNs - floorDivide(epochNs, SECOND_NS) * SECOND_NS);
  const days = Math.floor(seconds / DAY_S);
  const secondOfDay = seconds - days * DAY_S;
  const { year, month, day } = dateFromDays(days);
  return {
    year,
    month,
    day,
    hour: Math.floor(secondOfDay / 3600),
    minute: Math.floor(secondOfDay / 60) % 60,
    second: secondOfDay % 60,
    nanosecond,
    weekday: (((days + 4) % 7) + 7) % 7,
    yearDay: days - epochDays(year, 1, 1) + 1,
  };
}

/** Division that rounds down, for instants before 1970. */
export function floorDivide(dividend: bigint, divisor: bigint): bigint {
  const quotient = dividend / divisor;
  return dividend % divisor < 0n ? quotient - 1n : quotient;
}
