/** Reads all that a flush depends on, side by side, and plans it: the members and what keeps them quiet, and what was sent before. */
import type { AlertRecord } from '../alerts/alert-record.ts';
import type { AlertmanagerConfig } from '../alerts/config.ts';
import { type AskedIntegration, type FlushPlan, planFlush } from '../alerts/flush.ts';
import type { AggregationGroup } from '../alerts/group.ts';
import { createInhibition } from '../alerts/inhibition.ts';
import type { Route } from '../alerts/route.ts';
import { isSilenced } from '../alerts/silence.ts';
import { suppress } from '../alerts/suppression.ts';
import { LOG_INTEGRATION } from '../notify/log.ts';
import type { Table } from '../ports.ts';
import { createGroupStore, SOURCES_GROUP } from '../store/aggregation-groups.ts';
import { createAlertStore } from '../store/alerts.ts';
import { createNotificationLog } from '../store/notification-log.ts';
import { createSilenceStore } from '../store/silences.ts';

export interface FlushReaderPorts {
  readonly table: Table;
  readonly config: AlertmanagerConfig;
  /** Receivers whose notifications also go to the process log. */
  readonly loggedReceivers: ReadonlySet<string>;
}

export interface FlushLimits {
  readonly silenceRetentionMs: number;
}

export type FlushReader = (
  group: AggregationGroup,
  flush: { readonly route: Route; readonly tickAtMs: number },
  nowMs: number,
) => Promise<{ readonly plan: FlushPlan; readonly memberCount: number }>;

export function createFlushReader(
  { table, config, loggedReceivers }: FlushReaderPorts,
  limits: FlushLimits,
): FlushReader {
  const alerts = createAlertStore(table);
  const groups = createGroupStore(table);
  const log = createNotificationLog(table);
  const silences = createSilenceStore(table, { retentionMs: limits.silenceRetentionMs });

  async function loadMembers(groupId: string, nowMs: number) {
    const ids = await groups.members(groupId, nowMs);
    const found = await alerts.loadAll(ids, nowMs);
    const present = new Set(found.map((alert) => alert.id));
    return { found, count: ids.length, dangling: ids.filter((id) => !present.has(id)) };
  }

  const loadSources = async (nowMs: number): Promise<readonly AlertRecord[]> =>
    config.inhibitRules.length === 0 ? [] : (await loadMembers(SOURCES_GROUP, nowMs)).found;

  return async (group, { route, tickAtMs: tick }, nowMs) => {
    const [members, sources, silenceList, entries] = await Promise.all([
      loadMembers(group.id, nowMs),
      loadSources(nowMs),
      silences.list(nowMs),
      log.load(group, nowMs),
    ]);
    const inhibitorOf = createInhibition(config.inhibitRules, sources, nowMs);
    const rules = {
      route,
      timeIntervals: config.timeIntervals,
      isInhibited: (labels: AlertRecord['labels']) => inhibitorOf(labels) !== null,
      isSilenced: (labels: AlertRecord['labels']) => isSilenced(labels, silenceList, nowMs),
    };
    const plan = planFlush({
      alerts: members.found,
      suppressed: suppress(members.found, rules, nowMs),
      integrations: integrationsOf(config, route.receiver, loggedReceivers).map((integration) => ({
        ...integration,
        isUnsure: group.unsure.includes(integration.id),
      })),
      log: entries,
      tickAtMs: tick,
      startedAtMs: nowMs,
      repeatIntervalMs: route.repeatIntervalMs,
    });
    // Pointers to alerts that are no more leave with the resolved ones.
    const dangling = members.dangling.map((id) => ({ id, updatedAtMs: 0 }));
    return { plan: { ...plan, leaving: [...plan.leaving, ...dangling] }, memberCount: members.count };
  };
}

function integrationsOf(
  config: AlertmanagerConfig,
  receiver: string,
  loggedReceivers: ReadonlySet<string>,
): readonly Omit<AskedIntegration, 'isUnsure'>[] {
  const { integrations = [] } = config.receivers.find(({ name }) => name === receiver) ?? {};
  const configured = integrations.map(({ kind, index, settings }) => ({
    id: `${kind}/${index}`,
    sendResolved: settings.sendResolved,
  }));
  return loggedReceivers.has(receiver) ? [...configured, { id: LOG_INTEGRATION, sendResolved: true }] : configured;
}
