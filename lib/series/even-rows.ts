/**
 * Which rows are evenly apart. Scrapes are, as long as none is missed: then a row is computed from its time, and the timestamps
 * themselves, which are seldom in a processor's cache, need not be looked at.
 */
export interface EvenRows {
  /** Rows from this one on are `intervalMs` apart. */
  readonly evenFrom: number;
  /** The time of row `evenFrom`. */
  readonly evenSinceMs: number;
  /** 0 where there has been but one row. */
  readonly intervalMs: number;
}

/** Of timestamps of which nothing is known. */
export const NO_EVEN_ROWS: EvenRows = { evenFrom: 0, evenSinceMs: 0, intervalMs: 0 };

/** Up to this difference of whole milliseconds, quotients are never rounded up to a whole number. */
const MAX_EXACT_MS = 2 ** 51;

type Mutable<T> = { -readonly [Member in keyof T]: T[Member] };

/** Rows with their times. */
interface GrowingRows extends Mutable<EvenRows> {
  readonly length: number;
  readonly timesMs: Float64Array;
}

/** To be called before row `length` is added at `timeMs`. */
export function extendEvenRows(rows: GrowingRows, timeMs: number): void {
  const { length, timesMs } = rows;
  const beforeMs = length === 0 ? timeMs : (timesMs[length - 1] ?? timeMs);
  if (length > 0 && timeMs - beforeMs === rows.intervalMs) return;
  rows.evenFrom = Math.max(0, length - 1);
  rows.evenSinceMs = beforeMs;
  rows.intervalMs = timeMs - beforeMs;
}

/** To be called after rows have been dropped from the beginning. */
export function dropEvenRows(rows: GrowingRows, dropped: number): void {
  rows.evenFrom = Math.max(0, rows.evenFrom - dropped);
  rows.evenSinceMs = rows.timesMs[rows.evenFrom] ?? 0;
  if (rows.length === 0) rows.intervalMs = 0;
}

/**
 * The number of the first row after `timeMs` as if rows went on evenly without end: beyond the last one, or below 0 where it is
 * before the first. NaN where it has to be looked for, which goes through further sums, so that one look at the end is enough.
 */
export function evenRowAfter({ evenFrom, evenSinceMs, intervalMs }: EvenRows, timeMs: number): number {
  const sinceMs = timeMs - evenSinceMs;
  const isKnown = intervalMs > 0 && (sinceMs >= 0 || evenFrom === 0) && Math.abs(sinceMs) < MAX_EXACT_MS;
  return isKnown ? evenFrom + Math.floor(sinceMs / intervalMs) + 1 : Number.NaN;
}
