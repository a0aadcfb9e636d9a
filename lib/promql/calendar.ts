import { dateFromDays, daysFromDate } from '../model/calendar.ts';

/** A day and time in UTC. Month and day count from 1, weekdays from Sunday = 0, days of the year from 1. */
export interface Calendar {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly dayOfYear: number;
  readonly weekday: number;
  readonly daysInMonth: number;
  readonly hour: number;
  readonly minute: number;
}

const DAY_SECONDS = 86_400;
const INT64_LIMIT = 2 ** 63;

// Go converts NaN, infinities and what does not fit to the smallest int64; this is the date it then shows.
const OVERFLOW: Calendar = {
  year: 292277026596,
  month: 12,
  day: 4,
  dayOfYear: 339,
  weekday: 0,
  daysInMonth: 31,
  hour: 15,
  minute: 30,
};

/** The calendar at an instant in seconds since 1970, truncated to whole seconds. */
export function calendarAt(instantSeconds: number): Calendar {
  if (!(Math.abs(instantSeconds) < INT64_LIMIT)) return OVERFLOW;
  const seconds = Math.trunc(instantSeconds);
  const ofDay = ((seconds % DAY_SECONDS) + DAY_SECONDS) % DAY_SECONDS;
  // Beyond 2^53 seconds the difference is not exact, but never as far off as half a day.
  const days = Math.round((seconds - ofDay) / DAY_SECONDS);
  const { year, month, day } = dateFromDays(days);
  return {
    year,
    month,
    day,
    dayOfYear: days - daysBefore(year, 1) + 1,
    weekday: (((days + 4) % 7) + 7) % 7,
    daysInMonth: month === 12 ? 31 : daysBefore(year, month + 1) - daysBefore(year, month),
    hour: Math.floor(ofDay / 3600),
    minute: Math.floor((ofDay % 3600) / 60),
  };
}

/** Days from 1970-01-01 to the first of a month. */
function daysBefore(year: number, month: number): number {
  return daysFromDate({ year, month, day: 1 });
}
