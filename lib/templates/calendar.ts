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
/** Days of 400 years, after which the calendar repeats. */
const ERA_DAYS = 146_097;
/** Days from 0000-03-01, where years of this file begin, to 1970-01-01. */
const EPOCH_SHIFT_DAYS = 719_468;

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
  const wholeYear = year + Math.floor(monthIndex / 12);
  // Years start in March, so that the leap day is the last of the year.
  const fromMarch = (((monthIndex % 12) + 12) % 12) - 2;
  const marchYear = fromMarch < 0 ? wholeYear - 1 : wholeYear;
  const marchMonth = fromMarch < 0 ? fromMarch + 12 : fromMarch;
  const era = Math.floor(marchYear / 400);
  const yearOfEra = marchYear - era * 400;
  const dayOfYear = Math.floor((153 * marchMonth + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * ERA_DAYS + dayOfEra - EPOCH_SHIFT_DAYS;
}

/** The calendar reading of an instant, `offsetS` seconds east of UTC. */
export function civilTime(epochNs: bigint, offsetS: number): CivilTime {
  const seconds = Number(floorDivide(epochNs, SECOND_NS)) + offsetS;
  const nanosecond = Number(epochNs - floorDivide(epochNs, SECOND_NS) * SECOND_NS);
  const days = Math.floor(seconds / DAY_S);
  const secondOfDay = seconds - days * DAY_S;
  const { year, month, day } = civilDay(days);
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

function civilDay(days: number): { readonly year: number; readonly month: number; readonly day: number } {
  const shifted = days + EPOCH_SHIFT_DAYS;
  const era = Math.floor(shifted / ERA_DAYS);
  const dayOfEra = shifted - era * ERA_DAYS;
  const leapDays = Math.floor(dayOfEra / 1460) - Math.floor(dayOfEra / 36_524) + Math.floor(dayOfEra / 146_096);
  const yearOfEra = Math.floor((dayOfEra - leapDays) / 365);
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const marchMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9;
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * marchMonth + 2) / 5) + 1,
  };
}

/** Division that rounds down, for instants before 1970. */
export function floorDivide(dividend: bigint, divisor: bigint): bigint {
  const quotient = dividend / divisor;
  return dividend % divisor < 0n ? quotient - 1n : quotient;
}
