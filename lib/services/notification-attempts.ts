/**
 * What deliver.ts calls before and after it sends. An attempt holds a claim on its intent; the outcome is written over the version
 * of the claim, so an attempt that outlived its claim changes nothing. A delivered notification is logged in the same commit. Twice-delivered
 * messages find the intent claimed or ended. Only a crash between the receiver's answer and the commit sends twice.
 */
import { type FlushedAlert, type LogEntry, splitByState } from '../alerts/flush.ts';
import type { DeliveryOutcome } from '../notify/outcome.ts';
import { type Key, MAX_DELAY_MS, type Queue, type Table } from '../ports.ts';
import { createPlanStore, type PlanStore } from '../store/flush-plans.ts';
import { createIntentStore, type Intent, type IntentState, type IntentStore, keyOfIntent } from '../store/intents.ts';
import { createNotificationLog, type NotificationLog } from '../store/notification-log.ts';
import { createDeliveryLanes, type DeliveryLanes } from './delivery-lanes.ts';
import { createFlushProgress, type FlushProgress } from './flush-progress.ts';
import { encodeNotify } from './messages.ts';

/** A claimed intent and all that is needed to send it. */
export interface Attempt {
  readonly intent: Intent;
  readonly version: number;
  /** In the order of notifications, resolved ones included whatever the integration tells; as they stood at the start of the flush. */
  readonly alerts: readonly FlushedAlert[];
  /** What the last delivery asked to remember; empty when a new episode begins. */
  readonly remembered: Readonly<Record<string, string>>;
  /** When the integration was last told about the group; null when it never was. */
  readonly previousSentAtMs: number | null;
  /** The attempt must have ended by then. */
  readonly untilMs: number;
}

export type Claim =
  | { readonly kind: 'claimed'; readonly attempt: Attempt }
  /** Delivered, failed or forgotten: nothing to do. */
  | { readonly kind: 'over' }
  /** Somebody else is at it, or it is to wait: the message has been sent again for later. */
  | { readonly kind: 'later' };

export type RecordedOutcome =
  | { readonly kind: 'delivered' }
  | { readonly kind: 'retrying'; readonly atMs: number }
  | { readonly kind: 'failed' }
  /** The claim had run out, and somebody else has taken the intent. */
  | { readonly kind: 'outlived' };

export interface NotificationAttempts {
  claim(key: Key, nowMs: number): Promise<Claim>;
  recordOutcome(attempt: Attempt, outcome: DeliveryOutcome, nowMs: number): Promise<RecordedOutcome>;
}

export interface AttemptLimits {
  /** Longest single attempt. */
  readonly maxAttemptMs: number;
}

/** Attempts at a destination that has enough of them under way are looked at again after this. */
const CROWDED_WAIT_MS = 1_000;
/** A claim outlasts its attempt by this much, for the outcome to be written. */
const LEASE_GRACE_MS = 5_000;
const FIRST_BACKOFF_MS = 500;
const BACKOFF_FACTOR = 1.5;
const MAX_BACKOFF_MS = 60_000;

export function createNotificationAttempts(
  ports: { readonly table: Table; readonly queue: Queue },
  limits: AttemptLimits,
): NotificationAttempts {
  const stores = {
    lanes: createDeliveryLanes(),
    table: ports.table,
    intents: createIntentStore(ports.table),
    plans: createPlanStore(ports.table),
    log: createNotificationLog(ports.table),
    progress: createFlushProgress(ports),
    enqueue: async (intent: Intent, waitMs: number): Promise<void> => {
      const delayMs = Math.min(Math.max(Math.ceil(waitMs), 0), MAX_DELAY_MS);
      await ports.queue.send('notify', [{ body: encodeNotify(keyOfIntent(intent)), delayMs }]);
    },
  };
  return { claim: createClaiming(stores, limits), recordOutcome: createOutcomeRecording(stores) };
}

interface Stores {
  readonly lanes: DeliveryLanes;
  readonly table: Table;
  readonly intents: IntentStore;
  readonly plans: PlanStore;
  readonly log: NotificationLog;
  readonly progress: FlushProgress;
  readonly enqueue: (intent: Intent, waitMs: number) => Promise<void>;
}

function createClaiming({ lanes, intents, plans, log, progress, enqueue }: Stores, { maxAttemptMs }: AttemptLimits) {
  async function open(intent: Intent, version: number, nowMs: number): Promise<Attempt> {
    const [{ alerts }, entries] = await Promise.all([
      plans.load(intent.groupId, intent.plan, nowMs),
      log.load(intent, nowMs),
    ]);
    const isNewEpisode = intent.reason === 'first notification';
    const entry = entries.get(intent.integration) ?? null;
    const remembered = isNewEpisode || entry === null ? {} : entry.remember;
    const previousSentAtMs = entry?.sentAtMs ?? null;
    return { intent, version, alerts, remembered, previousSentAtMs, untilMs: attemptUntilMs(intent, nowMs) };
  }
  const attemptUntilMs = ({ deadlineMs }: Intent, nowMs: number): number => Math.min(deadlineMs, nowMs + maxAttemptMs);

  return async (key: Key, nowMs: number): Promise<Claim> => {
    const { value: intent, expected } = await intents.load(key, nowMs);
    const freeAtMs = intent === null ? null : freeFromMs(intent.state);
    if (intent === null || freeAtMs === null || (freeAtMs <= nowMs && nowMs >= intent.deadlineMs)) {
      // Too late, or ended by an attempt that may have stopped before it ended the flush.
      if (intent !== null) await progress.advance(intent.groupId, nowMs);
      return { kind: 'over' };
    }
    if (freeAtMs > nowMs) {
      await enqueue(intent, freeAtMs - nowMs);
      return { kind: 'later' };
    }
    const leaseUntilMs = attemptUntilMs(intent, nowMs) + LEASE_GRACE_MS;
    if (!lanes.enter(destinationOf(intent), leaseUntilMs, nowMs)) {
      await enqueue(intent, CROWDED_WAIT_MS);
      return { kind: 'later' };
    }
    const claimed: Intent = {
      ...intent,
      attempts: intent.attempts + 1,
      isUnsure: intent.isUnsure || intent.state.kind === 'sending',
      state: { kind: 'sending', leaseUntilMs },
    };
    const written = await intents.save(claimed, expected, nowMs);
    if (written.kind === 'saved') return { kind: 'claimed', attempt: await open(claimed, written.version, nowMs) };
    lanes.leave(destinationOf(intent), leaseUntilMs, false);
    await enqueue(intent, LEASE_GRACE_MS);
    return { kind: 'later' };
  };
}

function destinationOf({ receiver, integration }: Intent): string {
  return JSON.stringify([receiver, integration]);
}

function createOutcomeRecording({ lanes, table, intents, log, progress, enqueue }: Stores) {
  async function recordDelivered(
    { intent, version, alerts, remembered }: Attempt,
    remember: Readonly<Record<string, string>>,
    nowMs: number,
  ): Promise<RecordedOutcome> {
    const delivered: Intent = { ...intent, lastError: null, state: { kind: 'delivered', atMs: nowMs } };
    const entry: LogEntry = { sentAtMs: nowMs, ...splitByState(alerts), remember: { ...remembered, ...remember } };
    const record = await log.prepare(intent, intent.integration, entry, nowMs + intent.logForMs);
    const answer = await table.commit([
      { kind: 'put', record: intents.prepare(delivered), expected: version },
      { kind: 'put', record, expected: 'any' },
    ]);
    if (answer.kind === 'conflict') return { kind: 'outlived' };
    await progress.advance(intent.groupId, nowMs);
    return { kind: 'delivered' };
  }

  return async (attempt: Attempt, outcome: DeliveryOutcome, nowMs: number): Promise<RecordedOutcome> => {
    const { state: claim } = attempt.intent;
    const isSilent = outcome.kind === 'retry' && outcome.reason === 'timeout';
    if (claim.kind === 'sending') lanes.leave(destinationOf(attempt.intent), claim.leaseUntilMs, isSilent);
    if (outcome.kind === 'delivered') return recordDelivered(attempt, outcome.remember, nowMs);
    const { intent, version } = attempt;
    const state = stateAfterFailure(intent, outcome, nowMs);
    const written = await intents.save({ ...intent, lastError: outcome.detail, state }, version, nowMs);
    if (written.kind === 'conflict') return { kind: 'outlived' };
    if (state.kind === 'pending') {
      await enqueue(intent, state.notBeforeMs - nowMs);
      return { kind: 'retrying', atMs: state.notBeforeMs };
    }
    await progress.advance(intent.groupId, nowMs);
    return { kind: 'failed' };
  };
}

function stateAfterFailure(
  { attempts, deadlineMs }: Intent,
  outcome: Exclude<DeliveryOutcome, { readonly kind: 'delivered' }>,
  nowMs: number,
): IntentState {
  if (outcome.kind === 'rejected' || nowMs >= deadlineMs) return { kind: 'failed', atMs: nowMs };
  const waitMs = Math.max(backoffMs(attempts), outcome.afterMs ?? 0);
  // The flush ends when its deadline passes and not before, so the last wait ends there.
  return { kind: 'pending', notBeforeMs: Math.min(nowMs + waitMs, deadlineMs) };
}

/** From when on an attempt may begin; null when there is nothing left to attempt. */
function freeFromMs(state: IntentState): number | null {
  if (state.kind === 'pending') return state.notBeforeMs;
  return state.kind === 'sending' ? state.leaseUntilMs : null;
}

/** 500 ms after the first attempt, half as long again after each further one, at most a minute. */
function backoffMs(attempts: number): number {
  return Math.min(Math.round(FIRST_BACKOFF_MS * BACKOFF_FACTOR ** (attempts - 1)), MAX_BACKOFF_MS);
}
