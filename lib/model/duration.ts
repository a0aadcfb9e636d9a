/** Units of a Prometheus duration, largest first, in milliseconds: a year is 365 days, a week 7. */
const UNITS: readonly (readonly [unit: string, ms: number])[] = [
  ['y', 31_536_000_000],
  ['w', 604_800_000],
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
  ['ms', 1],
];

const MAX_DURATION_MS = 9_223_372_036_854;

/**
 * Parses a Prometheus duration (`1h30m`, `0`): integers with units, each unit once, largest first.
 * Returns milliseconds, or Prometheus' message.
 */
export function parseDuration(text: string): number | { readonly error: string } {
  if (text === '') return { error: 'empty duration string' };
  if (text === '0') return 0;
  const invalid = { error: `not a valid duration string: ${JSON.stringify(text)}` };
  let totalMs = 0;
  let position = 0;
  let nextUnit = 0;
  while (position < text.length) {
    const part = /^(\d+)([^\d]*)/.exec(text.slice(position));
    const [whole = '', digits = '', unit = ''] = part ?? [];
    if (part === null || unit === '') return invalid;
    const index = UNITS.findIndex(([name]) => name === unit);
    const unitMs = UNITS[index]?.[1];
    if (unitMs === undefined)
      return { error: `unknown unit ${JSON.stringify(unit)} in duration ${JSON.stringify(text)}` };
    if (index < nextUnit) return invalid;
    totalMs += Number(digits) * unitMs;
    if (totalMs > MAX_DURATION_MS) return { error: 'duration out of range' };
    nextUnit = index + 1;
    position += whole.length;
  }
  return totalMs;
}

/** Prints as Prometheus does: `1m30s`; years and weeks only when they are exact; `0s` for zero. */
export function printDuration(lengthMs: number): string {
  if (lengthMs === 0) return '0s';
  let rest = Math.abs(lengthMs);
  let text = lengthMs < 0 ? '-' : '';
  for (const [unit, unitMs] of UNITS) {
    const exactOnly = unit === 'y' || unit === 'w';
    if (exactOnly && rest % unitMs !== 0) continue;
    const count = Math.floor(rest / unitMs);
    if (count > 0) text += `${count}${unit}`;
    rest -= count * unitMs;
  }
  return text;
}
