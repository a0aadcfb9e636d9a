import { areEqual, isReset } from '../histogram-algebra.ts';
import type { Point } from '../points.ts';

/** Whether a counter fell from one sample to the next; a change between float and histogram counts as one. */
export function hasFallen(before: Point, current: Point): boolean {
  if (before.histogram !== null && current.histogram !== null) return isReset(current.histogram, before.histogram);
  if (before.histogram !== null || current.histogram !== null) return true;
  return current.value < before.value;
}

function hasChanged(before: Point, current: Point): boolean {
  if (before.histogram !== null && current.histogram !== null) return !areEqual(current.histogram, before.histogram);
  if (before.histogram !== null || current.histogram !== null) return true;
  const bothNaN = Number.isNaN(before.value) && Number.isNaN(current.value);
  return current.value !== before.value && !bothNaN;
}

/** How many neighbours satisfy a condition. */
export function countNeighbours(points: readonly Point[], is: (before: Point, current: Point) => boolean): number {
  let count = 0;
  for (const [i, current] of points.entries()) {
    const before = points[i - 1];
    if (before !== undefined && is(before, current)) count++;
  }
  return count;
}

/** resets() of single points. */
export function countResets(points: readonly Point[]): number {
  return countNeighbours(points, hasFallen);
}

/** changes() of single points. */
export function countChanges(points: readonly Point[]): number {
  return countNeighbours(points, hasChanged);
}
