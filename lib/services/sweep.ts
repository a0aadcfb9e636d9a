/**
 * Once a minute: finds what lost messages and crashes have left undone, and has it done. Groups that are overdue and flushes that
 * have run for long get a message; alerts that were never brought into their groups are; alerts that inhibit nothing any more leave the
 * list of sources; a new configuration takes over. Everything else ends by its own expiry. Repeatable at any time.
 */
import { isResolved } from '../alerts/alert-record.ts';
import type { AggregationGroup } from '../alerts/group.ts';
import type { Queue, Table } from '../ports.ts';
import { createGroupStore, SOURCES_GROUP } from '../store/aggregation-groups.ts';
import { createAlertStore } from '../store/alerts.ts';
import { inParallel } from '../store/in-parallel.ts';
import type { GroupJoining } from './group-joining.ts';
import { encodeFlush } from './messages.ts';
import type { RerouteService } from './reroute.ts';

export interface SweepPorts {
  readonly table: Table;
  readonly queue: Queue;
  readonly joining: Pick<GroupJoining, 'regroup'>;
  readonly rerouting: Pick<RerouteService, 'rerouteIfChanged'>;
}

export interface SweepReport {
  readonly hasRerouted: boolean;
  /** Groups whose message must have been lost, and flushes that have been running for long. */
  readonly awakened: number;
  readonly routed: number;
  readonly retiredSources: number;
}

export interface SweepService {
  sweep(nowMs: number): Promise<SweepReport>;
}

const OVERDUE_AFTER_MS = 5_000;
const LONG_FLUSH_MS = 30_000;
const UNROUTED_AFTER_MS = 30_000;
const ALERTS_AT_ONCE = 32;
/** Never the instant at which a group is due, so such a message is not taken for the group's timer. */
const NO_TIMER_MS = 0;

export function createSweepService({ table, queue, joining, rerouting }: SweepPorts): SweepService {
  const alerts = createAlertStore(table);
  const groups = createGroupStore(table);

  async function awaken(nowMs: number): Promise<number> {
    const waiting = (await groups.list(nowMs)).filter((group) => needsLook(group, nowMs));
    const messages = waiting.map(({ id }) => ({
      body: encodeFlush({ groupId: id, dueAtMs: NO_TIMER_MS }),
      delayMs: 0,
    }));
    await queue.send('flush', messages);
    return messages.length;
  }

  async function routeForgotten(nowMs: number): Promise<number> {
    const notes = await alerts.listUnrouted(nowMs);
    const old = notes.filter(({ receivedAtMs }) => receivedAtMs + UNROUTED_AFTER_MS <= nowMs);
    for (const { sk, alertIds } of old) {
      await joining.regroup(alertIds, nowMs);
      await alerts.forgetUnrouted([sk]);
    }
    return old.reduce((sum, note) => sum + note.alertIds.length, 0);
  }

  async function retireSources(nowMs: number): Promise<number> {
    const ids = await groups.members(SOURCES_GROUP, nowMs);
    const standing = await alerts.loadStanding(ids, nowMs);
    const ended = standing
      .filter(({ value }) => value === null || isResolved(value, nowMs))
      .map(({ id, value }) => ({ id, updatedAtMs: value?.updatedAtMs ?? null }));
    await inParallel(ended, ALERTS_AT_ONCE, (alert) => alerts.leave(alert, SOURCES_GROUP, nowMs));
    return ended.length;
  }

  return {
    sweep: async (nowMs) => {
      const hasRerouted = await rerouting.rerouteIfChanged(nowMs);
      const routed = await routeForgotten(nowMs);
      const awakened = await awaken(nowMs);
      const retiredSources = await retireSources(nowMs);
      return { hasRerouted, awakened, routed, retiredSources };
    },
  };
}

function needsLook({ phase, nextFlushAtMs }: AggregationGroup, nowMs: number): boolean {
  if (phase.kind === 'flushing') return phase.startedAtMs + LONG_FLUSH_MS <= nowMs;
  return nextFlushAtMs + OVERDUE_AFTER_MS <= nowMs;
}
