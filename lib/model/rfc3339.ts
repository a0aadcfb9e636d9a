import { dateFromDays, daysFromDate } from './calendar.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from './unix-time.ts';

/** Go's zero time, which stands for "not set" on the wire. */
export const ZERO_TIME = '0001-01-01T00:00:00Z';

const two = (value: number): string => String(value).padStart(2, '0');

/** In UTC with `Z`. Milliseconds are always printed, or only as far as they are not zero ("trimmed", as Go's JSON does). */
export function printRfc3339(timeMs: number, fraction: 'milliseconds' | 'trimmed'): string {
  const days = Math.floor(timeMs / DAY_MS);
  const { year, month, day } = dateFromDays(days);
  const restMs = timeMs - days * DAY_MS;
  const millis = String(Math.floor(restMs % SECOND_MS)).padStart(3, '0');
  const shown = fraction === 'milliseconds' ? millis : millis.replace(/0+$/, '');
  const clock = [
    Math.floor(restMs / HOUR_MS),
    Math.floor(restMs / MINUTE_MS) % 60,
    Math.floor(restMs / SECOND_MS) % 60,
  ];
  const date = `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}`;
  return `${date}T${clock.map(two).join(':')}${shown === '' ? '' : `.${shown}`}Z`;
}

const pattern = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(?:[.,](\d+))?(Z|[+-]\d{2}:\d{2})$/i;
const monthDays = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Epoch milliseconds, fractions of a millisecond cut off; null when the text is not an RFC 3339 time. */
export function parseRfc3339(text: string): number | null {
  const found = pattern.exec(text);
  if (found === null) return null;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = found.slice(1, 7).map(Number);
  const isLeapYear = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  const lastDay = month === 2 && isLeapYear ? 29 : (monthDays[month - 1] ?? 0);
  if (day < 1 || day > lastDay || hour > 23 || minute > 59 || second > 59) return null;
  const millis = Number((found[7] ?? '').slice(0, 3).padEnd(3, '0'));
  const clockMs = hour * HOUR_MS + minute * MINUTE_MS + second * SECOND_MS + millis;
  return daysFromDate({ year, month, day }) * DAY_MS + clockMs - offsetMs(found[8] ?? 'Z');
}

function offsetMs(zone: string): number {
  if (zone.toUpperCase() === 'Z') return 0;
  const [hours = 0, minutes = 0] = zone.slice(1).split(':').map(Number);
  return (zone.startsWith('-') ? -1 : 1) * (hours * HOUR_MS + minutes * MINUTE_MS);
}
