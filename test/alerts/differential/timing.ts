/**
 * Where the instants of a script lie. Alertmanager races where an alert arrives, ends or is silenced at the instant of a flush, so
 * nothing else ever happens at the instants at which groups can be flushed. Two grids keep them apart:
 *
 * waiting     Every group waits before its first flush. Posts lie on full seconds, and flushes half a second off.
 *
 *               0       250      500      750     1000 ms
 *               posts   ends     flushes  looks
 *
 * immediate   Groups may be flushed as they are formed. All intervals are multiples of one period. Posts that can form a group lie
 *             on even slots of 250 ms, each on another slot of the period; all else lies on odd slots.
 */
import type { Chance } from './chance.ts';

export interface Timing {
  readonly kind: 'waiting' | 'immediate';
  readonly offsetMs: number;
  readonly groupWaitsMs: readonly number[];
  readonly groupIntervalsMs: readonly number[];
  /** Never a multiple of an interval: whether such a repeat comes depends on the last millisecond. */
  readonly repeatIntervalsMs: readonly number[];
  /** Lengths that lead from any post to an instant at which something may end or begin. */
  readonly spansMs: readonly number[];
  readonly periodMs: number;
}

export const SLOT_MS = 250;
const HOUR_MS = 3_600_000;

export function randomTiming(chance: Chance): Timing {
  if (chance.flip(0.55)) {
    return {
      kind: 'waiting',
      offsetMs: 0,
      groupWaitsMs: [500, 1_500],
      groupIntervalsMs: [1_000, 2_000, 3_000],
      repeatIntervalsMs: [2_500, 3_500, 4_500, HOUR_MS, HOUR_MS],
      spansMs: [1_250, 2_250, 3_250, 4_000, 6_250],
      periodMs: 1_000,
    };
  }
  const periodMs = chance.pick([2_000, 4_000]);
  return {
    kind: 'immediate',
    // The full minute, which lies on a full second, must lie on an odd slot.
    offsetMs: SLOT_MS,
    groupWaitsMs: [0, periodMs],
    groupIntervalsMs: periodMs === 2_000 ? [2_000, 4_000] : [4_000],
    repeatIntervalsMs: [3_000, 5_000, HOUR_MS, HOUR_MS],
    spansMs: [1_250, 2_250, 3_750, 6_250],
    periodMs,
  };
}
