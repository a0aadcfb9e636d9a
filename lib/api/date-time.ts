/** Date and time in Alertmanager's JSON: RFC 3339 with milliseconds out, a family of ISO 8601 forms in. */

const DATE = /^(\d{4})-(\d{2})-(\d{2})(?:T(\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?(Z|[+-]\d{2}:?\d{2})?)?$/i;
// A blank stands for the T only when seconds are given.
const BLANK_BEFORE_TIME = /(?<=^.{10}) (?=\d{2}:\d{2}:\d{2})/;

/** What Go's programs mean by "no time": the year 1. */
const ZERO_TIME_MS = -62_135_596_800_000;

/** Instant in milliseconds; "" is 1970; a missing zone is UTC. Null when it is no such text. */
export function parseDateTime(text: string): number | null {
  if (text === '') return 0;
  const [, year = '', month = '', day = '', hour = '00', minute = '00', second = '00', fraction = '', zone = 'Z'] =
    DATE.exec(text.replace(BLANK_BEFORE_TIME, 'T')) ?? [];
  if (year === '') return null;
  const iso = `${year}-${month}-${day}T${hour}:${minute}:${second}.${fraction.padEnd(3, '0').slice(0, 3)}`;
  const offset =
    zone.toUpperCase() === 'Z' || zone.includes(':') ? zone.toUpperCase() : `${zone.slice(0, 3)}:${zone.slice(3)}`;
  const ms = Date.parse(`${iso}${offset}`);
  // Date.parse takes 30 February for 2 March.
  const isReal = new Date(`${year}-${month}-${day}T00:00:00Z`).getUTCDate() === Number(day);
  return Number.isNaN(ms) || !isReal ? null : ms;
}

/** Null for the zero time. */
export function unlessZero(atMs: number | null): number | null {
  return atMs === ZERO_TIME_MS ? null : atMs;
}

/** `2026-11-21T02:09:59.684Z` */
export function renderDateTime(atMs: number): string {
  return new Date(atMs).toISOString();
}
