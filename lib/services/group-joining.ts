/**
 * Brings alerts into their groups and out of those they do not belong in. For each alert: pointer first, then the group, then the
 * alert's own word that it is in. A group that became empty meanwhile is formed anew, and an alert that changed meanwhile is looked
 * at again, so whoever repeats this after a crash ends where it would have ended.
 */
import type { AlertmanagerConfig } from '../alerts/config.ts';
import { type AggregationGroup, formGroup, groupsOf } from '../alerts/group.ts';
import { isInhibitSource } from '../alerts/inhibition.ts';
import type { Route } from '../alerts/route.ts';
import type { Labels } from '../model/labels.ts';
import { MAX_DELAY_MS, type Queue, type Table } from '../ports.ts';
import { createGroupStore, type GroupStore, SOURCES_GROUP } from '../store/aggregation-groups.ts';
import { createAlertStore, type StandingAlert, type StoredAlert } from '../store/alerts.ts';
import { inParallel } from '../store/in-parallel.ts';
import { encodeFlush } from './messages.ts';

export interface JoiningPorts {
  readonly table: Table;
  readonly queue: Queue;
  readonly config: AlertmanagerConfig;
}

export interface JoiningLimits {
  /** No group is flushed before: for alerts to gather first after a start. */
  readonly flushNotBeforeMs: number;
}

export interface GroupJoining {
  /** Whether an alert is still to be brought into some group. */
  lacksGroup(alert: StoredAlert): boolean;
  /** Brings alerts into all groups they lack; those that need nothing are passed over. */
  join(alerts: readonly StandingAlert[], nowMs: number): Promise<void>;
  /** Takes alerts out of groups that they do not belong in any more, then joins. */
  regroup(alertIds: readonly string[], nowMs: number): Promise<void>;
}

const GROUPS_AT_ONCE = 32;
const ALERTS_AT_ONCE = 64;
const MAX_ROUNDS = 20;

interface Join {
  readonly alert: StoredAlert;
  readonly expected: 'absent' | number;
  readonly groupIds: readonly string[];
}

/** A group that must be there, and the alert that forms it if it is not. */
interface Wanted {
  readonly route: Route;
  readonly alert: StoredAlert;
}

export function createGroupJoining(ports: JoiningPorts, limits: JoiningLimits): GroupJoining {
  const alerts = createAlertStore(ports.table);
  const belongsIn = createMembershipRule(ports.config);
  const joinOnce = createJoinRound(ports, limits, belongsIn);
  const missing = ({ labels, memberOf }: StoredAlert): readonly string[] =>
    [...belongsIn(labels).keys()].filter((groupId) => !memberOf.includes(groupId));

  function joinsOf(standing: readonly StandingAlert[]): readonly Join[] {
    return standing.flatMap(({ value, expected }) => {
      const groupIds = value === null ? [] : missing(value);
      return value === null || groupIds.length === 0 ? [] : [{ alert: value, expected, groupIds }];
    });
  }

  async function join(standing: readonly StandingAlert[], nowMs: number): Promise<void> {
    let left = joinsOf(standing);
    for (let round = 0; left.length > 0; round++) {
      if (round === MAX_ROUNDS) throw new Error(`${left.length} alerts kept changing while they joined groups`);
      left = joinsOf(await joinOnce(left, nowMs));
    }
  }

  return {
    lacksGroup: (alert) => missing(alert).length > 0,
    join,
    regroup: async (alertIds, nowMs) => {
      const found = await alerts.loadAll(alertIds, nowMs);
      await inParallel(found, ALERTS_AT_ONCE, async ({ id, labels, memberOf }) => {
        const belongs = belongsIn(labels);
        const stale = memberOf.filter((groupId) => !belongs.has(groupId));
        for (const groupId of stale) await alerts.leave({ id, updatedAtMs: null }, groupId, nowMs);
      });
      await join(await alerts.loadStanding(alertIds, nowMs), nowMs);
    },
  };
}

/** The groups of a label set; the route is null for the group of inhibition sources, which is never flushed. */
type MembershipRule = (labels: Labels) => ReadonlyMap<string, Route | null>;

function createMembershipRule({ route, inhibitRules }: AlertmanagerConfig): MembershipRule {
  return (labels) => {
    const routed = groupsOf(route, labels);
    return isInhibitSource(inhibitRules, labels) ? new Map([...routed, [SOURCES_GROUP, null]]) : routed;
  };
}

/** Does each step once for all alerts, and gives back those that changed meanwhile. */
function createJoinRound({ table, queue }: JoiningPorts, limits: JoiningLimits, belongsIn: MembershipRule) {
  const alerts = createAlertStore(table);
  const groups = createGroupStore(table);
  const ensureGroup = createGroupForming(groups, limits);

  function wantedGroups(joins: readonly Join[]): ReadonlyMap<string, Wanted> {
    const wanted = new Map<string, Wanted>();
    for (const { alert, groupIds } of joins) {
      const routes = belongsIn(alert.labels);
      for (const groupId of groupIds) {
        const route = routes.get(groupId) ?? null;
        if (route !== null && !wanted.has(groupId)) wanted.set(groupId, { route, alert });
      }
    }
    return wanted;
  }

  return async (joins: readonly Join[], nowMs: number): Promise<readonly StandingAlert[]> => {
    const members = joins.flatMap(({ alert, groupIds }) => groupIds.map((groupId) => ({ groupId, alertId: alert.id })));
    await groups.addMembers(members);
    const wanted = [...wantedGroups(joins)];
    const formed = await inParallel(wanted, GROUPS_AT_ONCE, ([id, want]) => ensureGroup(id, want, nowMs));
    const timers = formed.filter((group) => group !== null).map((group) => flushTimer(group, nowMs));
    await queue.send('flush', timers);
    const marked = await inParallel(joins, ALERTS_AT_ONCE, ({ alert, expected, groupIds }) => {
      const memberOf = [...new Set([...alert.memberOf, ...groupIds])].sort();
      return alerts.saveIfUnchanged({ ...alert, memberOf }, expected, nowMs);
    });
    return marked.filter((standing) => standing !== 'saved');
  };
}

/** Makes sure that a group is there after a member was added; gives the group when it was formed for it. */
function createGroupForming(groups: GroupStore, { flushNotBeforeMs }: JoiningLimits) {
  return async (groupId: string, { route, alert }: Wanted, nowMs: number): Promise<AggregationGroup | null> => {
    const timer = { nowMs, notBeforeMs: flushNotBeforeMs };
    let { value, expected } = await groups.load(groupId, nowMs);
    for (let round = 0; round < MAX_ROUNDS; round++) {
      if (value?.phase.kind === 'waiting') return null;
      // Writing a running flush as it is moves its version: its end then looks for members again.
      const running = value?.phase.kind === 'flushing' ? value : null;
      const group = running ?? formGroup(route, alert, { timer, before: value });
      const written = await groups.save(group, expected, nowMs);
      if (written.kind === 'saved') return running === null ? group : null;
      ({ value, expected } = written.current);
    }
    throw new Error(`group ${groupId} changed ${MAX_ROUNDS} times while an alert joined it`);
  };
}

/** The message that wakes a group when it is due, or as far on the way as a queue can carry it. */
export function flushTimer(
  { id, nextFlushAtMs }: Pick<AggregationGroup, 'id' | 'nextFlushAtMs'>,
  nowMs: number,
): { readonly body: string; readonly delayMs: number } {
  const delayMs = Math.min(Math.max(Math.ceil(nextFlushAtMs - nowMs), 0), MAX_DELAY_MS);
  return { body: encodeFlush({ groupId: id, dueAtMs: nextFlushAtMs }), delayMs };
}
