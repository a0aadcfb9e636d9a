/**
 * Which rows are evenly apart. Scrapes are, as long as none is missed: then a row is computed from its time, and the timestamps
 * themselves, which are seldom in a processor's cache, need not be looked at.
 */
export interface EvenRows {
  /** Rows from this one on are `intervalMs` apart. */
  readonly evenFrom: number;
  /** The time of row `evenFrom`. */
  readonly evenSinceMs: number;
  /** 0 while there is but one such row. */
  readonly intervalMs: number;
}

/** Of timestamps of which nothing is known. */
export const NO_EVEN_ROWS: EvenRows = { evenFrom: 0, evenSinceMs: 0, intervalMs: 0 };

/** Up to this difference of whole milliseconds, quotients are never rounded up to a whole number. */
const MAX_EXACT_MS = 2 ** 51;

/** After a row has been added at `timeMs`, as number `row`; the one before is at `beforeMs`. */
export function extendEvenRows(
  rows: { -readonly [Member in keyof EvenRows]: number },
  row: number,
  times: RowTimes,
): void {
  const { beforeMs, timeMs } = times;
  const isFirst = row === 0;
  if (!isFirst && timeMs - beforeMs === rows.intervalMs) return;
  rows.evenFrom = isFirst ? 0 : row - 1;
  rows.evenSinceMs = isFirst ? timeMs : beforeMs;
  rows.intervalMs = isFirst ? 0 : timeMs - beforeMs;
}

interface RowTimes {
  readonly beforeMs: number;
  readonly timeMs: number;
}

/** After rows have been dropped from the beginning, of which some are left. */
export function dropEvenRows(rows: { -readonly [Member in keyof EvenRows]: number }, dropped: number): void {
  const lost = Math.max(0, dropped - rows.evenFrom);
  rows.evenSinceMs += lost * rows.intervalMs;
  rows.evenFrom = Math.max(0, rows.evenFrom - dropped);
}

/**
 * The number of the first row after `timeMs`, if there were rows without end, and a negative one for times before the first;
 * NaN when it has to be looked for.
 */
export function evenRowAfter({ evenFrom, evenSinceMs, intervalMs }: EvenRows, timeMs: number): number {
  const sinceMs = timeMs - evenSinceMs;
  const isKnown = intervalMs > 0 && (sinceMs >= 0 || evenFrom === 0) && Math.abs(sinceMs) < MAX_EXACT_MS;
  return isKnown ? evenFrom + Math.floor(sinceMs / intervalMs) + 1 : Number.NaN;
}
