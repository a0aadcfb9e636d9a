import type { Point } from '../points.ts';
import type { PointWindow } from './over-points.ts';

/** Which samples of a window an extended range uses: from the one at or before its start to its last, or the one after it. */
export interface ExtendedWindow {
  /** At least one; the last is later than `startMs`. */
  readonly used: readonly Point[];
  /** The range is (startMs, endMs]. */
  readonly startMs: number;
  readonly endMs: number;
  /** Whether the first of them lies before the range, so that the value at its start is between those of the first two. */
  readonly cutsLeft: boolean;
  /** Whether the last of them lies after the range, so that the value at its end is between those of the last two. */
  readonly cutsRight: boolean;
}

/** Null when there is no sample in the range, nor samples on both sides of it. Only a smoothed range cuts. */
export function extendedWindow({ points, startMs, endMs }: PointWindow, isSmoothed: boolean): ExtendedWindow | null {
  const timeMs = (at: number): number => points[at]?.timeMs ?? 0;
  let first = 0;
  let last = points.length - 1;
  while (first < last && timeMs(first + 1) <= startMs) first++;
  if (timeMs(last) <= startMs || timeMs(first) > endMs) return null;
  while (isSmoothed && last > first && timeMs(last - 1) >= endMs) last--;
  return {
    used: points.slice(first, last + 1),
    startMs,
    endMs,
    cutsLeft: isSmoothed && timeMs(first) < startMs,
    cutsRight: isSmoothed && timeMs(last) > endMs,
  };
}
