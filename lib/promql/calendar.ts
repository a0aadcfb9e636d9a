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
const DAYS_400_YEARS = 146_097;
/** Days from 0000-03-01 to 1970-01-01. */
const EPOCH_DAYS = 719_468;
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
  const days = (seconds - ofDay) / DAY_SECONDS;
  const { year, month, day } = civilDate(days);
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

// Counting years from March puts the leap day last, so that days and months follow from divisions alone.
function civilDate(days: number): { year: number; month: number; day: number } {
  const shifted = days + EPOCH_DAYS;
  const era = Math.floor(shifted / DAYS_400_YEARS);
  const dayOfEra = shifted - era * DAYS_400_YEARS;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1,
  };
}

/** Days from 1970-01-01 to the first of a month. */
function daysBefore(year: number, month: number): number {
  const shiftedYear = month <= 2 ? year - 1 : year;
  const monthFromMarch = month > 2 ? month - 3 : month + 9;
  const era = Math.floor(shiftedYear / 400);
  const yearOfEra = shiftedYear - era * 400;
  const dayOfYear = Math.floor((153 * monthFromMarch + 2) / 5);
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * DAYS_400_YEARS + dayOfEra - EPOCH_DAYS;
}
