import type { Column } from './columns.ts';

/**
 * Least squares over one window, about its own middle: x in milliseconds from a sample in the middle, y from the first value.
 * Sums of such small numbers need no compensation, and keep more digits than the written formula, whose x counts from the
 * evaluation time and whose y from zero. `mayDiffer` says how far apart the two can be.
 */
export interface CenteredLine {
  /** Per millisecond. */
  slope: number;
  /** The line goes through (meanMs, meanValue); milliseconds from the zero of the written formula. */
  meanMs: number;
  meanValue: number;
  /** All values are the same finite one. */
  isFlat: boolean;
  /** By how much the slope per millisecond that the written formula finds, rounding as it does, may differ from this one. */
  mayDiffer: number;
}

/** Half the distance from 1 to the next float. */
export const ROUNDING = 2 ** -53;

/** Fits a line to a window of two samples or more. `zeroMs` is where x is 0 in the written formula. */
export function fitCentered(
  { values, timesMs, from, to }: Column,
  step: number,
  zeroMs: number,
  line: CenteredLine,
): void {
  const start = from[step] ?? 0;
  const end = to[step] ?? 0;
  const count = end - start;
  const base = values[start] ?? 0;
  const middleMs = timesMs[(start + end) >> 1] ?? 0;
  let [x, y, xx, xy, size] = [0, 0, 0, 0, 0];
  for (let i = start; i < end; i++) {
    const ownX = (timesMs[i] ?? 0) - middleMs;
    const ownY = (values[i] ?? 0) - base;
    x += ownX;
    y += ownY;
    xx += ownX * ownX;
    xy += ownX * ownY;
    size += Math.abs(ownY);
  }
  const [firstMs, lastMs] = [timesMs[start] ?? 0, timesMs[end - 1] ?? 0];
  const variance = xx - (x * x) / count;
  line.slope = (xy - (x * y) / count) / variance;
  line.meanMs = middleMs - zeroMs + x / count;
  line.meanValue = base + y / count;
  line.isFlat = size === 0;
  const farthest = Math.max(Math.abs(firstMs - zeroMs), Math.abs(lastMs - zeroMs));
  const written = 4 * farthest * (count * Math.abs(base) + size);
  const own = count * (lastMs - firstMs) * size;
  line.mayDiffer = (ROUNDING * (written + own)) / variance;
}
