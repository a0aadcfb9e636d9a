/**
 * What one flush of an aggregation group does, decided from its alerts, what was sent before, and the time. A flush takes all alerts of
 * the group; those that nothing suppresses are compared with the notification log, once for each integration of the receiver:
 *
 *     nothing sent before          some firing → first notification            none firing → nothing
 *     a firing alert is new        → first notification when none was firing, else new alerts added
 *     none firing                  → all alerts resolved when some were, else nothing
 *     a resolved alert is new      → some alerts resolved, where `send_resolved` is on
 *     last sent too long ago       → repeat interval elapsed
 *
 * Where it is not known whether the last message arrived, because the process died as it was sent, all that there is is told in any case.
 *
 * Invariant 1 (test/alerts/flush.test.ts): after a notification is logged, the same flush decides to send nothing.
 */
import { compareText, type LabelPair, type Labels, labelValue } from '../model/labels.ts';
import { type AlertRecord, isResolved } from './alert-record.ts';
import type { Suppressed } from './suppression.ts';

/** Why a notification is sent: Alertmanager's `notification_reason`. */
export type SendReason =
  | 'first notification'
  | 'new alerts added'
  | 'all alerts resolved'
  | 'some alerts resolved'
  | 'repeat interval elapsed';

export type SkipReason = 'everything is suppressed' | 'nothing is firing' | 'nothing has changed';

export type Decision =
  | { readonly kind: 'send'; readonly reason: SendReason }
  /** The log is written without a request: only resolved alerts are left, and this integration does not tell them. */
  | { readonly kind: 'record'; readonly reason: SendReason }
  | { readonly kind: 'skip'; readonly reason: SkipReason };

/** What was last sent to one integration about one group. */
export interface LogEntry {
  readonly sentAtMs: number;
  /** Ids of the alerts that were told as firing, and as resolved; sorted. */
  readonly firing: readonly string[];
  readonly resolved: readonly string[];
  /** What the integration needs for its next notification of the group, as the place of a Slack message. */
  readonly remember: Readonly<Record<string, string>>;
}

/** An alert as it is told: fixed at the start of the flush, whatever happens to the alert meanwhile. */
export interface FlushedAlert {
  readonly id: string;
  readonly labels: Labels;
  readonly annotations: readonly LabelPair[];
  readonly startsAtMs: number;
  /** When it resolved; null while it is firing. */
  readonly endsAtMs: number | null;
  readonly generatorUrl: string;
  readonly updatedAtMs: number;
}

/** An alert that leaves the group when the flush succeeds, unless a younger report has come by then. */
export interface LeavingAlert {
  readonly id: string;
  readonly updatedAtMs: number;
}

export interface FlushPlan {
  /** Those that nothing suppresses, in the order of notifications. */
  readonly alerts: readonly FlushedAlert[];
  /** All that were resolved at the start, suppressed or not. */
  readonly leaving: readonly LeavingAlert[];
  /** One for each integration of the receiver, in its order. */
  readonly decisions: readonly { readonly integration: string; readonly decision: Decision }[];
  readonly suppressed: Suppressed;
}

export interface AskedIntegration {
  readonly id: string;
  readonly sendResolved: boolean;
  /** Its last message may or may not have arrived. */
  readonly isUnsure: boolean;
}

export interface FlushQuestion {
  readonly alerts: readonly (AlertRecord & { readonly id: string })[];
  readonly suppressed: Suppressed;
  readonly integrations: readonly AskedIntegration[];
  /** By integration. */
  readonly log: ReadonlyMap<string, LogEntry>;
  readonly tickAtMs: number;
  readonly startedAtMs: number;
  readonly repeatIntervalMs: number;
}

export function planFlush(question: FlushQuestion): FlushPlan {
  const { alerts, suppressed, startedAtMs, tickAtMs, repeatIntervalMs, log } = question;
  const told = alerts.filter(({ id }) => !suppressed.causes.has(id)).map((alert) => flushedAlert(alert, startedAtMs));
  const leaving = alerts.filter((alert) => isResolved(alert, startedAtMs));
  const { firing, resolved } = splitByState(told);
  return {
    alerts: told.sort(compareForNotification),
    leaving: leaving.map(({ id, updatedAtMs }) => ({ id, updatedAtMs })),
    decisions: question.integrations.map(({ id, sendResolved, isUnsure }) => {
      const entry = log.get(id) ?? null;
      const decision = decide({ firing, resolved, entry, tickAtMs, repeatIntervalMs, sendResolved, isUnsure });
      return { integration: id, decision };
    }),
    suppressed,
  };
}

function flushedAlert(alert: AlertRecord & { readonly id: string }, atMs: number): FlushedAlert {
  const { id, labels, annotations, startsAtMs, generatorUrl, updatedAtMs } = alert;
  const endsAtMs = isResolved(alert, atMs) ? alert.endsAtMs : null;
  return { id, labels, annotations, startsAtMs, endsAtMs, generatorUrl, updatedAtMs };
}

/** Ids by state, sorted, as the notification log keeps them. */
export function splitByState(alerts: readonly FlushedAlert[]): {
  readonly firing: readonly string[];
  readonly resolved: readonly string[];
} {
  const firing = alerts.filter((alert) => alert.endsAtMs === null).map((alert) => alert.id);
  const resolved = alerts.filter((alert) => alert.endsAtMs !== null).map((alert) => alert.id);
  return { firing: firing.sort(), resolved: resolved.sort() };
}

export interface DecisionQuestion {
  readonly firing: readonly string[];
  readonly resolved: readonly string[];
  readonly entry: LogEntry | null;
  readonly tickAtMs: number;
  readonly repeatIntervalMs: number;
  readonly sendResolved: boolean;
  readonly isUnsure: boolean;
}

export function decide(question: DecisionQuestion): Decision {
  const { firing, resolved, sendResolved } = question;
  if (firing.length === 0 && resolved.length === 0) return { kind: 'skip', reason: 'everything is suppressed' };
  const reason = reasonToSend(question) ?? (question.isUnsure ? reasonToRepeat(question) : null);
  if (reason === null)
    return { kind: 'skip', reason: firing.length === 0 ? 'nothing is firing' : 'nothing has changed' };
  return { kind: firing.length === 0 && !sendResolved ? 'record' : 'send', reason };
}

function reasonToSend({ firing, resolved, entry, ...rest }: DecisionQuestion): SendReason | null {
  if (entry === null) return firing.length > 0 ? 'first notification' : null;
  if (!isSubset(firing, entry.firing)) return entry.firing.length === 0 ? 'first notification' : 'new alerts added';
  // Also where resolved alerts are not told: the log must forget them, or the next firing would pass for known.
  if (firing.length === 0) return entry.firing.length > 0 ? 'all alerts resolved' : null;
  if (rest.sendResolved && !isSubset(resolved, entry.resolved)) return 'some alerts resolved';
  return entry.sentAtMs < rest.tickAtMs - rest.repeatIntervalMs ? 'repeat interval elapsed' : null;
}

/** For what the log has nothing new of. */
function reasonToRepeat({ firing }: DecisionQuestion): SendReason {
  return firing.length > 0 ? 'repeat interval elapsed' : 'all alerts resolved';
}

function isSubset(ids: readonly string[], of: readonly string[]): boolean {
  const known = new Set(of);
  return ids.every((id) => known.has(id));
}

/** Order of alerts in a notification: by job, by instance (alerts without one come last), fewer labels first, then by label. */
export function compareForNotification(a: { readonly labels: Labels }, b: { readonly labels: Labels }): number {
  return (
    compareOptional(labelValue(a.labels, 'job'), labelValue(b.labels, 'job')) ||
    compareOptional(labelValue(a.labels, 'instance'), labelValue(b.labels, 'instance')) ||
    compareSizeFirst(a.labels, b.labels)
  );
}

function compareOptional(a: string, b: string): number {
  if (a === '' || b === '') return Number(a === '') - Number(b === '');
  return compareText(a, b);
}

/**
 * Fewer labels first; then by the first label that differs: its value, or, when only one side has a label of that name, the other
 * side first. So {b="1"} comes before {a="1"}, as in Alertmanager.
 */
export function compareSizeFirst(a: Labels, b: Labels): number {
  if (a.pairs.length !== b.pairs.length) return a.pairs.length - b.pairs.length;
  for (const [index, [name, value]] of a.pairs.entries()) {
    const [otherName = '', otherValue = ''] = b.pairs[index] ?? [];
    const order = compareText(otherName, name) || compareText(value, otherValue);
    if (order !== 0) return order;
  }
  return 0;
}
