import { MINUTE_MS } from '../model/unix-time.ts';
import { dueSlots, type Slot } from './due-groups.ts';
import type { RuleGroup } from './rule-group.ts';

/** What one tick of the minute enqueues. */
export interface Tick {
  readonly slots: readonly Slot[];
  /** All evaluation times before this instant are dealt with after the tick. */
  readonly enqueuedUntilMs: number;
  /** Evaluation times since the last tick's end that passed before this one; they are not made up for. */
  readonly missed: number;
}

/** A gap longer than this is not counted slot by slot. */
const MAX_COUNTED_GAP_MS = 86_400_000;

/**
 * The evaluations from where the last tick ended (now, for the first one) to the end of the coming minute, so that each is in the queue before its time
 * even when ticks come late by a minute. A second tick in the same minute finds nothing to do.
 */
export function planTick(groups: readonly RuleGroup[], enqueuedUntilMs: number | null, nowMs: number): Tick {
  const untilMs = (Math.floor(nowMs / MINUTE_MS) + 2) * MINUTE_MS;
  const fromMs = Math.max(enqueuedUntilMs ?? nowMs, nowMs);
  const gapStartMs = Math.max(enqueuedUntilMs ?? nowMs, nowMs - MAX_COUNTED_GAP_MS);
  const missed = gapStartMs < nowMs ? dueSlots(groups, gapStartMs, nowMs).length : 0;
  return { slots: dueSlots(groups, fromMs, untilMs), enqueuedUntilMs: Math.max(untilMs, enqueuedUntilMs ?? 0), missed };
}

/** Whether the rules of a group that left the configuration may be taken to be over: two intervals after it left. */
export function isRetired(goneSinceMs: number, intervalMs: number, nowMs: number): boolean {
  return nowMs - goneSinceMs > 2 * intervalMs;
}
