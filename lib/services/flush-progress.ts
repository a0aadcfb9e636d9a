/**
 * Carries a flush that has begun to its end, from wherever a crash may have left it: its plan is stored, so every step can be repeated.
 * Missing intents are made and enqueued, lost ones enqueued again, late ones failed; when all have ended, the alerts that were resolved
 * at the start leave (unless a notification failed: then they wait for the next flush), and the group waits again or is empty.
 */
import { type LogEntry, splitByState } from '../alerts/flush.ts';
import { type AggregationGroup, endFlush, type RunningFlush } from '../alerts/group.ts';
import type { Queue, Table } from '../ports.ts';
import { createGroupStore } from '../store/aggregation-groups.ts';
import { createAlertStore } from '../store/alerts.ts';
import { createPlanStore, type SavedPlan } from '../store/flush-plans.ts';
import { inParallel } from '../store/in-parallel.ts';
import { createIntentStore, type Intent, type IntentStore, keyOfIntent, type StoredIntent } from '../store/intents.ts';
import { createNotificationLog } from '../store/notification-log.ts';
import { flushTimer } from './group-joining.ts';
import { encodeNotify } from './messages.ts';

export interface FlushProgress {
  /** Takes the running flush of a group as far as it can go now. "running" while deliveries are outstanding. */
  advance(groupId: string, nowMs: number): Promise<'ended' | 'running' | 'none'>;
}

/** A message that should have arrived this long ago is taken for lost. */
const LOST_AFTER_MS = 15_000;
const LEAVING_AT_ONCE = 32;
const INTENTS_AT_ONCE = 16;
const MAX_ROUNDS = 20;

type Running = AggregationGroup & { readonly phase: { readonly kind: 'flushing' } & RunningFlush };

export function createFlushProgress({ table, queue }: { readonly table: Table; readonly queue: Queue }): FlushProgress {
  const groups = createGroupStore(table);
  const plans = createPlanStore(table);
  const carry = createIntentCarrier(createIntentStore(table), queue);
  const finish = createFlushEnding(table, queue);
  return {
    advance: async (groupId, nowMs) => {
      const { value } = await groups.load(groupId, nowMs);
      if (value === null || !isRunning(value)) return 'none';
      const plan = await plans.load(groupId, value.phase.plan, nowMs);
      const intents = await carry(value, plan, nowMs);
      if (!intents.every(hasEnded)) return 'running';
      await finish(value, { plan, intents }, nowMs);
      return 'ended';
    },
  };
}

/** Does for the intents of a flush what can be done now, and gives them as they stand after. */
function createIntentCarrier(intents: IntentStore, queue: Queue) {
  async function failWhenLate({ intent, version }: StoredIntent, nowMs: number): Promise<Intent> {
    const isFree = intent.state.kind === 'pending' || isAbandoned(intent, nowMs);
    if (!isFree || nowMs < intent.deadlineMs) return intent;
    const isUnsure = intent.isUnsure || intent.state.kind === 'sending';
    const failed: Intent = { ...intent, isUnsure, state: { kind: 'failed', atMs: nowMs } };
    const written = await intents.save(failed, version, nowMs);
    return written.kind === 'saved' ? failed : (written.current.value ?? failed);
  }

  return async (group: Running, plan: SavedPlan, nowMs: number): Promise<readonly Intent[]> => {
    const known = await intents.list(group.id, group.lastFlush, nowMs);
    const missing = newIntents(group, plan).filter(
      (intent) => !known.some((other) => other.intent.integration === intent.integration),
    );
    const made = await inParallel(missing, INTENTS_AT_ONCE, async (intent) => {
      const written = await intents.save(intent, 'absent', nowMs);
      return written.kind === 'saved' ? intent : null;
    });
    const carried = await inParallel(known, INTENTS_AT_ONCE, (each) => failWhenLate(each, nowMs));
    const toSend = [...made.filter((intent) => intent !== null), ...carried.filter((intent) => isLost(intent, nowMs))];
    await queue.send(
      'notify',
      toSend.map((intent) => ({ body: encodeNotify(keyOfIntent(intent)), delayMs: 0 })),
    );
    // One that somebody else made in between has just begun.
    return [...carried, ...missing];
  };
}

interface Ending {
  readonly plan: SavedPlan;
  /** All have ended. */
  readonly intents: readonly Intent[];
}

/** Lets the resolved alerts go and the group wait again, or be empty. */
function createFlushEnding(table: Table, queue: Queue) {
  const alerts = createAlertStore(table);
  const groups = createGroupStore(table);
  const recordUntold = createUntoldRecording(table);
  return async (group: Running, { plan, intents }: Ending, nowMs: number): Promise<void> => {
    await recordUntold(group, plan, nowMs);
    const failed = intents.filter((intent) => intent.state.kind === 'failed');
    const leaving = failed.length > 0 ? [] : plan.leaving;
    await inParallel(leaving, LEAVING_AT_ONCE, (alert) => alerts.leave(alert, group.id, nowMs));
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const { value, expected } = await groups.load(group.id, nowMs);
      if (value === null || !isRunning(value) || value.lastFlush !== group.lastFlush) return;
      const hasMembers = plan.memberCount > leaving.length || (await groups.hasMembers(group.id, nowMs));
      const ended = endFlush(value, { nowMs, hasMembers, unsure: unsureAfter(value, plan, failed) });
      const written = await groups.save(ended, expected, nowMs);
      if (written.kind === 'conflict') continue;
      // The timer was set when the flush began; it has run out on a flush that took longer than the interval.
      if (hasMembers && value.nextFlushAtMs <= nowMs) await queue.send('flush', [flushTimer(ended, nowMs)]);
      return;
    }
    throw new Error(`group ${group.id} changed ${MAX_ROUNDS} times while its flush ended`);
  };
}

/** Those that were told something are sure of it; the others are what they were. */
function unsureAfter({ unsure }: Running, { decisions }: SavedPlan, failed: readonly Intent[]): readonly string[] {
  const untouched = decisions.filter(
    ({ integration, decision }) => decision.kind === 'skip' && unsure.includes(integration),
  );
  const lost = failed.filter((intent) => intent.isUnsure);
  return [...untouched, ...lost].map(({ integration }) => integration);
}

/** Integrations that do not tell resolved alerts forget them all the same. */
function createUntoldRecording(table: Table) {
  const log = createNotificationLog(table);
  return async (group: Running, plan: SavedPlan, nowMs: number): Promise<void> => {
    const untold = plan.decisions.filter(({ decision }) => decision.kind === 'record');
    const entry: LogEntry = { sentAtMs: nowMs, ...splitByState(plan.alerts), remember: {} };
    const records = await inParallel(untold, INTENTS_AT_ONCE, ({ integration }) =>
      log.prepare(group, integration, entry, nowMs + plan.logForMs),
    );
    await table.putAll(records);
  };
}

function isRunning(group: AggregationGroup): group is Running {
  return group.phase.kind === 'flushing';
}

function newIntents(group: Running, plan: SavedPlan): readonly Intent[] {
  const { startedAtMs, deadlineMs, plan: stored } = group.phase;
  return plan.decisions.flatMap(({ integration, decision }) => {
    if (decision.kind !== 'send') return [];
    const intent: Intent = {
      groupId: group.id,
      flushNumber: group.lastFlush,
      groupKey: group.groupKey,
      groupLabels: group.labels,
      routeId: group.routeId,
      receiver: group.receiver,
      integration,
      reason: decision.reason,
      plan: stored,
      createdAtMs: startedAtMs,
      deadlineMs,
      logForMs: plan.logForMs,
      isUnsure: group.unsure.includes(integration),
      attempts: 0,
      lastError: null,
      state: { kind: 'pending', notBeforeMs: startedAtMs },
    };
    return [intent];
  });
}

function hasEnded({ state }: Intent): boolean {
  return state.kind === 'delivered' || state.kind === 'failed';
}

function isAbandoned({ state }: Intent, nowMs: number): boolean {
  return state.kind === 'sending' && state.leaseUntilMs <= nowMs;
}

function isLost(intent: Intent, nowMs: number): boolean {
  const { state } = intent;
  return isAbandoned(intent, nowMs) || (state.kind === 'pending' && state.notBeforeMs + LOST_AFTER_MS <= nowMs);
}
