/** Date and time in Alertmanager's JSON: RFC 3339 with milliseconds out, a family of ISO 8601 forms in. */

const DATE = /^(\d{4})-(\d{2})-(\d{2})(?:([T ])(\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?(Z|[+-]\d{2}:?\d{2})?)?$/i;

/**
 * Instant in milliseconds; "" is 1970, the year 1 is `null`: Go's programs say "no time" with it. A missing zone is UTC.
 * `undefined` when it is no such text.
 */
export function parseDateTime(text: string): number | null | undefined {
  if (text === '') return 0;
  const [, year = '', month = '', day = '', , hour = '00', minute = '00', second = '00', fraction = '', zone = 'Z'] =
    DATE.exec(text) ?? [];
  if (year === '') return undefined;
  const iso = `${year}-${month}-${day}T${hour}:${minute}:${second}.${fraction.padEnd(3, '0').slice(0, 3)}`;
  const offset =
    zone.toUpperCase() === 'Z' || zone.includes(':') ? zone.toUpperCase() : `${zone.slice(0, 3)}:${zone.slice(3)}`;
  const ms = Date.parse(`${iso}${offset}`);
  // Date.parse takes 30 February for 2 March.
  const isReal = new Date(`${year}-${month}-${day}T00:00:00Z`).getUTCDate() === Number(day);
  if (Number.isNaN(ms) || !isReal) return undefined;
  return year === '0001' ? null : ms;
}

/** `2026-11-21T02:09:59.684Z` */
export function renderDateTime(atMs: number): string {
  return new Date(atMs).toISOString();
}
