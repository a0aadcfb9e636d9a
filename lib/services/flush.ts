/**
 * Flushes one aggregation group when it is due: reads everything that counts, decides (lib/alerts/flush.ts), and writes the decision
 * over the version of the group that it read, so that of several flushes at one instant one happens. What follows is carried on by
 * flush-progress.ts, which also picks up what a crash left. A message is a hint to look; the group knows when it is due.
 */
import type { FlushPlan } from '../alerts/flush.ts';
import { type AggregationGroup, beginFlush, endFlush, passFlush, printGroupKey, tickAtMs } from '../alerts/group.ts';
import { listRoutes, type Route } from '../alerts/route.ts';
import { DAY_MS, MINUTE_MS } from '../model/unix-time.ts';
import { MAX_DELAY_MS, type Queue } from '../ports.ts';
import { createGroupStore } from '../store/aggregation-groups.ts';
import { createPlanStore, type SavedPlan } from '../store/flush-plans.ts';
import { createNotificationLog } from '../store/notification-log.ts';
import { createFlushProgress, type FlushProgress } from './flush-progress.ts';
import { createFlushReader, type FlushLimits, type FlushReaderPorts } from './flush-reader.ts';
import { flushTimer, type GroupJoining } from './group-joining.ts';
import { encodeFlush, type FlushMessage } from './messages.ts';

export interface FlushPorts extends FlushReaderPorts {
  readonly queue: Queue;
  readonly joining: Pick<GroupJoining, 'regroup'>;
}

export type FlushReport =
  /** There is no such group any more, or its alerts belong elsewhere now. */
  | { readonly kind: 'gone' }
  /** Not due yet, or flushed already. */
  | { readonly kind: 'not-due' }
  /** An earlier flush is still being delivered. */
  | { readonly kind: 'running' }
  | { readonly kind: 'resumed' }
  | { readonly kind: 'flushed'; readonly number: number; readonly notifications: number; readonly suppressed: number };

export interface FlushService {
  flush(message: Pick<FlushMessage, 'groupId' | 'dueAtMs'>, nowMs: number): Promise<FlushReport>;
}

const MAX_ROUNDS = 20;
const LOOK_AGAIN_MS = 5_000;
const LOG_RETENTION_MS = 5 * DAY_MS;
/** Alertmanager forgets log entries every 15 minutes, so they live that much longer than they must. */
const LOG_GRACE_MS = 15 * MINUTE_MS;

interface DueGroup {
  readonly group: AggregationGroup;
  readonly expected: number;
  readonly route: Route;
}

export function createFlushService(ports: FlushPorts, limits: FlushLimits): FlushService {
  const { table, queue, config } = ports;
  const groups = createGroupStore(table);
  const progress = createFlushProgress({ table, queue });
  const begin = createFlushStart(ports, limits, progress);
  const leaveToOthers = createLeaving(ports);
  const routes = new Map(listRoutes(config.route).map((route) => [route.id, route]));

  async function resume(
    group: AggregationGroup,
    { isItsTimer, deadlineMs }: Resumption,
    nowMs: number,
  ): Promise<FlushReport> {
    if ((await progress.advance(group.id, nowMs)) !== 'running') return { kind: 'resumed' };
    if (isItsTimer && group.nextFlushAtMs <= nowMs) {
      // The flush outlasts its interval. Its end starts the next one; this looks again should the end be lost.
      const delayMs = Math.min(Math.max(deadlineMs - nowMs, LOOK_AGAIN_MS), MAX_DELAY_MS);
      await queue.send('flush', [{ body: encodeFlush({ groupId: group.id, dueAtMs: group.nextFlushAtMs }), delayMs }]);
    }
    return { kind: 'running' };
  }

  return {
    flush: async ({ groupId, dueAtMs }, nowMs) => {
      for (let round = 0; round < MAX_ROUNDS; round++) {
        const { value: group, expected } = await groups.load(groupId, nowMs);
        if (group === null || expected === 'absent' || group.phase.kind === 'empty') return { kind: 'gone' };
        const isItsTimer = dueAtMs === group.nextFlushAtMs;
        if (isItsTimer && dueAtMs > nowMs) await queue.send('flush', [flushTimer(group, nowMs)]);
        if (group.phase.kind === 'flushing') {
          return resume(group, { isItsTimer, deadlineMs: group.phase.deadlineMs }, nowMs);
        }
        if (group.nextFlushAtMs > nowMs) return { kind: 'not-due' };
        const route = routes.get(group.routeId);
        if (route === undefined) return leaveToOthers(group, expected, nowMs);
        const report = await begin({ group: follow(group, route), expected, route }, nowMs);
        if (report !== 'conflict') return report;
      }
      throw new Error(`group ${groupId} changed ${MAX_ROUNDS} times while it was being flushed`);
    },
  };
}

interface Resumption {
  /** The message that is handled is the group's timer, and not one of the sweep. */
  readonly isItsTimer: boolean;
  readonly deadlineMs: number;
}

/** One versioned write decides; what it needs is written before, what it calls for after. */
function createFlushStart(ports: FlushPorts, limits: FlushLimits, progress: FlushProgress) {
  const { table, queue } = ports;
  const groups = createGroupStore(table);
  const log = createNotificationLog(table);
  const plans = createPlanStore(table);
  const read = createFlushReader(ports, limits);

  return async ({ group, expected, route }: DueGroup, nowMs: number): Promise<FlushReport | 'conflict'> => {
    const { groupIntervalMs } = route;
    const tick = tickAtMs(group, { groupIntervalMs, nowMs });
    const { plan, memberCount } = await read(group, { route, tickAtMs: tick }, nowMs);
    const number = group.lastFlush + 1;
    await log.note({ groupId: group.id, number, tickAtMs: tick }, plan);
    const start = { tickAtMs: tick, startedAtMs: nowMs, groupIntervalMs, mutedBy: plan.suppressed.mutedBy };
    const isPassed = isPassing(plan) && memberCount > 0;
    const next = isPassed
      ? passFlush(group, start)
      : beginFlush(group, {
          ...start,
          plan: await plans.save(group.id, savedPlan(plan, memberCount, route), nowMs + groupIntervalMs + DAY_MS),
        });
    const written = await groups.save(next, expected, nowMs);
    if (written.kind === 'conflict') return 'conflict';
    await queue.send('flush', [flushTimer(next, nowMs)]);
    if (!isPassed) await progress.advance(group.id, nowMs);
    const notifications = plan.decisions.filter(({ decision }) => decision.kind === 'send').length;
    return { kind: 'flushed', number, notifications, suppressed: plan.suppressed.causes.size };
  };
}

function savedPlan({ alerts, leaving, decisions }: FlushPlan, memberCount: number, route: Route): SavedPlan {
  const { repeatIntervalMs, groupIntervalMs } = route;
  const logForMs = Math.min(LOG_RETENTION_MS, 2 * Math.max(repeatIntervalMs, groupIntervalMs)) + LOG_GRACE_MS;
  return { alerts, leaving, decisions, memberCount, logForMs };
}

/** When the route of a group is gone, its alerts join groups of the present routes, and it ends empty. */
function createLeaving({ table, joining }: FlushPorts) {
  const groups = createGroupStore(table);
  return async (group: AggregationGroup, expected: number, nowMs: number): Promise<FlushReport> => {
    await joining.regroup(await groups.members(group.id, nowMs), nowMs);
    const later = { ...group, nextFlushAtMs: nowMs + MINUTE_MS };
    const isLeft = await groups.hasMembers(group.id, nowMs);
    await groups.save(isLeft ? later : endFlush(later, { nowMs, hasMembers: false, unsure: [] }), expected, nowMs);
    return { kind: 'gone' };
  };
}

function isPassing({ leaving, decisions }: FlushPlan): boolean {
  return leaving.length === 0 && decisions.every(({ decision }) => decision.kind === 'skip');
}

/** A receiver may have changed under a route that kept its id. */
function follow(group: AggregationGroup, route: Route): AggregationGroup {
  return { ...group, receiver: route.receiver, groupKey: printGroupKey(route.key, group.labels) };
}
