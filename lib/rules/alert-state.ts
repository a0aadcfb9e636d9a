import { unreachable } from '../model/issue.ts';

/**
 * One alert of one rule over time.
 *
 *     (none) --matched--> pending --for is over--> firing --unmatched--> resolved --15 min--> (none)
 *        ^                   |                      |  ^                    |
 *        +----unmatched------+                      +--+ keep_firing_for    +--matched--> pending, anew
 *
 * A `for` of zero fires in the evaluation that finds the alert.
 */
export type AlertState = Pending | Firing | Resolved;

export interface Pending {
  readonly state: 'pending';
  readonly activeAtMs: number;
}

export interface Firing {
  readonly state: 'firing';
  readonly activeAtMs: number;
  readonly firedAtMs: number;
  /** Since when only keep_firing_for holds it; null while its condition is met. */
  readonly absentSinceMs: number | null;
  /** When it was last handed to the router; null before the first time. */
  readonly lastSentAtMs: number | null;
}

export interface Resolved {
  readonly state: 'resolved';
  readonly activeAtMs: number;
  readonly firedAtMs: number;
  readonly resolvedAtMs: number;
  readonly lastSentAtMs: number | null;
}

/** What an evaluation can find: the alert is among the results, or it is not. */
export type AlertEvent = 'matched' | 'unmatched';

/** The times a rule gives its alerts. */
export interface AlertTimes {
  readonly forMs: number;
  readonly keepFiringForMs: number;
}

/** How long a resolved alert is remembered, and told again. */
export const RESOLVED_RETENTION_MS = 900_000;

/** The state after an evaluation at `evalAtMs`; null for an alert that is not there. Total over states and events. */
export function nextAlertState(
  before: AlertState | null,
  event: AlertEvent,
  evalAtMs: number,
  times: AlertTimes,
): AlertState | null {
  switch (before?.state) {
    case undefined:
      return event === 'matched' ? settle({ state: 'pending', activeAtMs: evalAtMs }, evalAtMs, times) : null;
    case 'pending':
      return event === 'matched' ? settle(before, evalAtMs, times) : null;
    case 'firing':
      return event === 'matched'
        ? settle({ ...before, absentSinceMs: null }, evalAtMs, times)
        : withoutCondition(before, evalAtMs, times);
    case 'resolved':
      if (event === 'matched') return settle({ state: 'pending', activeAtMs: evalAtMs }, evalAtMs, times);
      return evalAtMs - before.resolvedAtMs > RESOLVED_RETENTION_MS ? null : before;
    default:
      return unreachable(before);
  }
}

function withoutCondition(before: Firing, evalAtMs: number, times: AlertTimes): AlertState {
  const absentSinceMs = before.absentSinceMs ?? evalAtMs;
  if (evalAtMs - absentSinceMs < times.keepFiringForMs) return settle({ ...before, absentSinceMs }, evalAtMs, times);
  const { activeAtMs, firedAtMs, lastSentAtMs } = before;
  return { state: 'resolved', activeAtMs, firedAtMs, resolvedAtMs: evalAtMs, lastSentAtMs };
}

/** Pending or firing, by `for` alone. A firing alert whose rule was edited to a longer `for` waits again. */
function settle(alert: Pending | Firing, evalAtMs: number, { forMs }: AlertTimes): Pending | Firing {
  const isDue = evalAtMs - alert.activeAtMs >= forMs;
  if (alert.state === 'firing') return isDue ? alert : { state: 'pending', activeAtMs: alert.activeAtMs };
  if (!isDue) return alert;
  const { activeAtMs } = alert;
  return { state: 'firing', activeAtMs, firedAtMs: evalAtMs, absentSinceMs: null, lastSentAtMs: null };
}

/**
 * Whether an alert is handed to the router now: when it resolved after it was last sent, or when it was last sent more than the resend delay
 * ago. Strictly more: with a delay of one minute, an interval of 30 s repeats each 90 s.
 */
export function isSendDue(alert: AlertState, evalAtMs: number, resendDelayMs: number): boolean {
  if (alert.state === 'pending') return false;
  if (alert.lastSentAtMs === null) return true;
  if (alert.state === 'resolved' && alert.resolvedAtMs > alert.lastSentAtMs) return true;
  return alert.lastSentAtMs + resendDelayMs < evalAtMs;
}

/**
 * When a report made now stops counting as firing unless it is repeated: four repeats from now; for a resolved alert the time it resolved.
 */
export function validUntil(alert: AlertState, sentAtMs: number, intervalMs: number, resendDelayMs: number): number {
  if (alert.state === 'resolved') return alert.resolvedAtMs;
  return sentAtMs + 4 * Math.max(intervalMs, resendDelayMs);
}
