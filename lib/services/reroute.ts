/**
 * Brings all stored alerts under the present configuration: every alert joins and leaves groups as its routes now say, and the timers
 * of all groups start anew, as when Alertmanager reloads. Nothing is sent twice for it: the notification log stays. Repeatable; the
 * revision of the routes is noted last.
 */
import * as z from 'zod';
import type { AlertmanagerConfig } from '../alerts/config.ts';
import { type AggregationGroup, rearm } from '../alerts/group.ts';
import { printMatcher } from '../alerts/matcher-text.ts';
import { listRoutes, type Route } from '../alerts/route.ts';
import { digest } from '../model/digest.ts';
import { createGroupStore } from '../store/aggregation-groups.ts';
import { createAlertStore } from '../store/alerts.ts';
import { inParallel } from '../store/in-parallel.ts';
import { ROUTING_KEY } from '../store/keys.ts';
import { flushTimer, type GroupJoining, type JoiningLimits, type JoiningPorts } from './group-joining.ts';

export interface ReroutePorts extends JoiningPorts {
  readonly joining: Pick<GroupJoining, 'regroup'>;
}

export interface RerouteService {
  /** Reroutes everything, whether or not the routes have changed: what a reload does. */
  reroute(nowMs: number): Promise<void>;
  /** Reroutes when the routes differ from those that the stored alerts were routed by; true when it did. */
  rerouteIfChanged(nowMs: number): Promise<boolean>;
}

const ALERTS_AT_ONCE = 1_000;
const GROUPS_AT_ONCE = 16;
const MAX_ROUNDS = 20;

const noted = z.object({ revision: z.string() });

export function createRerouteService(ports: ReroutePorts, limits: JoiningLimits): RerouteService {
  const { table, queue, config, joining } = ports;
  const alerts = createAlertStore(table);
  const groups = createGroupStore(table);
  const routes = new Map(listRoutes(config.route).map((route) => [route.id, route]));
  const revision = routingRevision(config);

  async function rearmGroup(group: AggregationGroup, nowMs: number): Promise<void> {
    const route = routes.get(group.routeId);
    if (route === undefined) return;
    const members = await alerts.loadAll(await groups.members(group.id, nowMs), nowMs);
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const { value, expected } = await groups.load(group.id, nowMs);
      if (value === null || value.phase.kind === 'empty') return;
      const timer = { nowMs, notBeforeMs: limits.flushNotBeforeMs };
      const written = await groups.save(rearm(value, route, members, timer), expected, nowMs);
      if (written.kind === 'conflict') continue;
      await queue.send('flush', [flushTimer(written.value, nowMs)]);
      return;
    }
    throw new Error(`group ${group.id} changed ${MAX_ROUNDS} times while its timer was set`);
  }

  async function reroute(nowMs: number): Promise<void> {
    const stored = await alerts.list(nowMs);
    const ids = stored.filter((alert) => alert.memberOf.length > 0).map((alert) => alert.id);
    for (let start = 0; start < ids.length; start += ALERTS_AT_ONCE) {
      await joining.regroup(ids.slice(start, start + ALERTS_AT_ONCE), nowMs);
    }
    await inParallel(await groups.list(nowMs), GROUPS_AT_ONCE, (group) => rearmGroup(group, nowMs));
    await noteRevision();
  }

  const noteRevision = (): Promise<void> =>
    table.putAll([{ ...ROUTING_KEY, body: JSON.stringify({ revision }), expiresAtMs: null }]);

  return {
    reroute,
    rerouteIfChanged: async (nowMs) => {
      const record = await table.load(ROUTING_KEY, nowMs);
      const before = record === null ? null : noted.parse(JSON.parse(String(record.body))).revision;
      if (before === revision) return false;
      // Where nothing is noted, nothing was routed by other routes.
      if (before === null) await noteRevision();
      else await reroute(nowMs);
      return before !== null;
    },
  };
}

/** Names everything that decides in which groups an alert is and when they are flushed. */
function routingRevision({ route, inhibitRules }: AlertmanagerConfig): string {
  const routes = listRoutes(route).map((each: Route) => [
    each.id,
    each.continues,
    each.receiver,
    each.groupBy,
    each.groupWaitMs,
    each.groupIntervalMs,
    each.repeatIntervalMs,
  ]);
  return digest(JSON.stringify([routes, inhibitRules.map((rule) => rule.sourceMatchers.map(printMatcher))]));
}
