/**
 * Aggregation groups: which one an alert joins, and when it is flushed next. A group is formed by its first alert, waits, is flushed
 * on a grid of `group_interval`, and is empty once its last resolved alert has left:
 *
 *     (nothing) ── form ──► waiting ── begin ──► flushing ── end, alerts left ──► waiting
 *                   ▲                               └────── end, none left ─────► empty ── form ──► waiting
 *
 * Flushes of one group never overlap: the next begins when the one before has ended, at once if it is overdue by then.
 * Neighbours: flush.ts decides what a flush sends, route.ts says which routes an alert takes.
 */
import { digest } from '../model/digest.ts';
import { goQuote } from '../model/go-text.ts';
import { keepLabels, type Labels } from '../model/labels.ts';
import type { AlertRecord } from './alert-record.ts';
import { matchRoutes, type Route } from './route.ts';

export interface AggregationGroup {
  readonly id: string;
  readonly routeId: string;
  /** Names the group to receivers and in the notification log; groups of sibling routes can share it. */
  readonly groupKey: string;
  readonly receiver: string;
  /** The labels that its alerts share, by `group_by`. */
  readonly labels: Labels;
  readonly phase: GroupPhase;
  readonly nextFlushAtMs: number;
  /** Number of the last flush. Starts at the instant of forming, so that a group which was forgotten meanwhile repeats none. */
  readonly lastFlush: number;
  /** Time intervals that muted the last flush, also that of a group of this name which was emptied a moment ago. */
  readonly mutedBy: readonly string[];
  /** Integrations of which it is not known whether their last message arrived: the process died, and then it was too late to try again. */
  readonly unsure: readonly string[];
}

export type GroupPhase =
  | { readonly kind: 'waiting' }
  | ({ readonly kind: 'flushing' } & RunningFlush)
  | { readonly kind: 'empty'; readonly sinceMs: number };

export interface RunningFlush {
  /** When the flush was due: what repeat intervals are counted to. */
  readonly tickAtMs: number;
  /** When it began: what was resolved then is what it tells. */
  readonly startedAtMs: number;
  /** Attempts to deliver end here. */
  readonly deadlineMs: number;
  /** Where its plan is stored. */
  readonly plan: StoredPlan;
}

export interface StoredPlan {
  readonly name: string;
  readonly parts: number;
}

/** Alertmanager sweeps out empty groups, and forgets what muted them, this often. */
const KEEP_MUTED_MS = 30_000;
/** Attempts to deliver go on at least this long. */
const MIN_DEADLINE_MS = 10_000;

/** The labels of an alert that name its group under a route. */
export function groupLabels({ groupBy }: Pick<Route, 'groupBy'>, labels: Labels): Labels {
  return groupBy === 'all' ? labels : keepLabels(labels, new Set(groupBy));
}

/** Identical sibling routes have groups of their own, so the id stems from the route's id and not from its key. */
export function groupId(routeId: string, labels: Labels): string {
  return digest(JSON.stringify([routeId, labels.pairs]));
}

/** The groups that an alert belongs in, by the routes that take it; one that is named twice counts once. */
export function groupsOf(root: Route, labels: Labels): ReadonlyMap<string, Route> {
  return new Map(matchRoutes(root, labels).map((route) => [groupId(route.id, groupLabels(route, labels)), route]));
}

/** `{}/{team="a"}:{alertname="Down", cluster="x"}` */
export function printGroupKey(routeKey: string, labels: Labels): string {
  return `${routeKey}:{${labels.pairs.map(([name, value]) => `${name}=${goQuote(value)}`).join(', ')}}`;
}

/** When a timer is set: the instant, and the earliest one at which anything may be flushed. */
export interface TimerSetting {
  readonly nowMs: number;
  readonly notBeforeMs: number;
}

/** An alert that is older than `group_wait` when it forms a group does not wait. One that joins later changes nothing. */
export function firstFlushAtMs(
  { startsAtMs }: Pick<AlertRecord, 'startsAtMs'>,
  groupWaitMs: number,
  { nowMs, notBeforeMs }: TimerSetting,
): number {
  return Math.max(startsAtMs + groupWaitMs < nowMs ? nowMs : nowMs + groupWaitMs, notBeforeMs);
}

/** The group that a first alert forms, anew when there was one that is empty. */
export function formGroup(
  route: Route,
  alert: AlertRecord,
  { timer, before }: { readonly timer: TimerSetting; readonly before: AggregationGroup | null },
): AggregationGroup {
  const labels = groupLabels(route, alert.labels);
  return {
    id: groupId(route.id, labels),
    routeId: route.id,
    groupKey: printGroupKey(route.key, labels),
    receiver: route.receiver,
    labels,
    phase: { kind: 'waiting' },
    nextFlushAtMs: firstFlushAtMs(alert, route.groupWaitMs, timer),
    lastFlush: Math.max(before?.lastFlush ?? 0, timer.nowMs),
    mutedBy: before?.phase.kind === 'empty' && timer.nowMs < before.phase.sinceMs + KEEP_MUTED_MS ? before.mutedBy : [],
    unsure: before?.unsure ?? [],
  };
}

/** The instant that a flush at `nowMs` counts as: when it was due, or now when it is late by more than a whole interval. */
export function tickAtMs(
  { nextFlushAtMs }: AggregationGroup,
  { groupIntervalMs, nowMs }: { readonly groupIntervalMs: number; readonly nowMs: number },
): number {
  return nextFlushAtMs + groupIntervalMs > nowMs ? nextFlushAtMs : nowMs;
}

export interface FlushStart {
  readonly tickAtMs: number;
  readonly startedAtMs: number;
  readonly groupIntervalMs: number;
  readonly plan: StoredPlan;
  readonly mutedBy: readonly string[];
}

/** The next flush is armed before the work of this one. */
export function beginFlush(group: AggregationGroup, start: FlushStart): AggregationGroup {
  const { tickAtMs, startedAtMs, groupIntervalMs, plan, mutedBy } = start;
  const deadlineMs = startedAtMs + Math.max(groupIntervalMs, MIN_DEADLINE_MS);
  return {
    ...group,
    phase: { kind: 'flushing', tickAtMs, startedAtMs, deadlineMs, plan },
    nextFlushAtMs: tickAtMs + groupIntervalMs,
    lastFlush: group.lastFlush + 1,
    mutedBy,
  };
}

/** A flush that has nothing to send, to remember or to let go begins and ends in one step. */
export function passFlush(group: AggregationGroup, start: Omit<FlushStart, 'plan'>): AggregationGroup {
  const { tickAtMs, groupIntervalMs, mutedBy } = start;
  return { ...group, nextFlushAtMs: tickAtMs + groupIntervalMs, lastFlush: group.lastFlush + 1, mutedBy };
}

export function endFlush(
  group: AggregationGroup,
  end: { readonly nowMs: number; readonly hasMembers: boolean; readonly unsure: readonly string[] },
): AggregationGroup {
  const { nowMs, hasMembers, unsure } = end;
  if (!hasMembers) return { ...group, phase: { kind: 'empty', sinceMs: nowMs }, unsure };
  return { ...group, phase: { kind: 'waiting' }, unsure, nextFlushAtMs: Math.max(group.nextFlushAtMs, nowMs) };
}

/**
 * After a change of the configuration the group follows its route, and the timer starts anew, as if the alerts had just arrived: at
 * once when one of them is older than `group_wait`.
 */
export function rearm(
  group: AggregationGroup,
  route: Route,
  members: readonly Pick<AlertRecord, 'startsAtMs'>[],
  timer: TimerSetting,
): AggregationGroup {
  const flushesAtMs = members.map((member) => firstFlushAtMs(member, route.groupWaitMs, timer));
  return {
    ...group,
    groupKey: printGroupKey(route.key, group.labels),
    receiver: route.receiver,
    nextFlushAtMs: flushesAtMs.reduce(
      (a, b) => Math.min(a, b),
      Math.max(timer.nowMs + route.groupWaitMs, timer.notBeforeMs),
    ),
  };
}
