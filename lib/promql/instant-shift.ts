import type { At, DurationExpr } from './ast.ts';
import { durationMs } from './durations.ts';
import type { QueryTimes } from './value.ts';

/** What moves the instant of a selector or subquery. */
export interface InstantShift {
  readonly at: At | null;
  readonly offset: DurationExpr | null;
}

/** The instant a selector or subquery means when it is evaluated at `timeMs`: pinned by @, then moved back by its offset. */
export function shiftInstant(timeMs: number, { at, offset }: InstantShift, query: QueryTimes): number {
  return pinnedInstant(timeMs, at, query) - (offset === null ? 0 : durationMs(offset, query));
}

/** The instant that @ means, `timeMs` without one. */
export function pinnedInstant(timeMs: number, at: At | null, query: QueryTimes): number {
  if (at === null) return timeMs;
  if (at.kind === 'time') return at.timeMs;
  return at.kind === 'start' ? query.startMs : query.endMs;
}
