/**
 * The whole routing runtime on the embedded adapters and a virtual clock, with receivers that answer as they are told. Time moves
 * from one due message to the next, so that times are exact and a day takes a moment.
 */
import { createEmbeddedQueue, type EmbeddedQueue } from '../../lib/adapters/embedded-queue.ts';
import { createEmbeddedTable, type EmbeddedTable } from '../../lib/adapters/embedded-table.ts';
import { type AlertmanagerConfig, parseAlertmanagerConfig } from '../../lib/alerts/config.ts';
import type { PostedAlert } from '../../lib/model/alert.ts';
import type { DeliveryOutcome } from '../../lib/notify/outcome.ts';
import { httpOutcome } from '../../lib/notify/outcome.ts';
import type { Queue, QueueName, ReceivedMessage, Table } from '../../lib/ports.ts';
import { createDispatchService } from '../../lib/services/dispatch.ts';
import { createFlushService } from '../../lib/services/flush.ts';
import { createGroupJoining } from '../../lib/services/group-joining.ts';
import { decodeDispatch, decodeFlush, decodeNotify } from '../../lib/services/messages.ts';
import { type Attempt, createNotificationAttempts } from '../../lib/services/notification-attempts.ts';
import { createRerouteService } from '../../lib/services/reroute.ts';
import { createSilenceService } from '../../lib/services/silences.ts';
import { createSweepService } from '../../lib/services/sweep.ts';
import type { Answer } from './scenario-script.ts';

/** One attempt to notify, as the receiver saw it. */
export interface Capture {
  readonly atMs: number;
  /** "ops", or "ops/1" where a receiver has several integrations. */
  readonly hook: string;
  readonly attempt: Attempt;
  /** Those that were told: without the resolved ones where they are not wanted. */
  readonly alerts: Attempt['alerts'];
  readonly outcome: DeliveryOutcome;
}

export interface WorldOptions {
  readonly config: string;
  readonly startMs: number;
  readonly flushNotBeforeMs: number;
  /** Each message is handled this many times. */
  readonly deliveries: number;
  /** Puts faults between the services and the adapters. */
  readonly wrap?: (ports: { readonly table: Table; readonly queue: Queue }) => {
    readonly table: Table;
    readonly queue: Queue;
  };
  /** Called where an outcome is about to be written, and after. */
  readonly onOutcome?: (phase: 'before' | 'after', capture: Capture) => void;
  /** What becomes of errors of handlers; the default fails the test. */
  readonly onError?: (error: unknown) => void;
}

export type World = Awaited<ReturnType<typeof openWorld>>;

/** Messages that were not deleted come again after this long. */
const VISIBILITY_MS = 30_000;
const SWEEP_INTERVAL_MS = 60_000;
const MAX_RECEIVES = 50;

export async function openWorld(options: WorldOptions) {
  const clock = { atMs: options.startMs, nowMs: () => clock.atMs };
  const table: EmbeddedTable = createEmbeddedTable({ path: ':memory:', clock });
  const queue: EmbeddedQueue = createEmbeddedQueue({ path: ':memory:', clock, maxReceives: MAX_RECEIVES });
  const alarms = new Set<number>();
  const watched = watchQueue(queue, clock, alarms);
  const ports = options.wrap?.({ table, queue: watched }) ?? { table, queue: watched };
  const later: { readonly atMs: number; readonly run: () => Promise<void> }[] = [];
  const captures: Capture[] = [];
  const answers = new Map<string, Answer>();
  let services = composeServices(options, ports);

  const attempt = async (work: () => Promise<unknown>): Promise<boolean> => {
    try {
      await work();
      return true;
    } catch (error) {
      if (options.onError === undefined) throw error;
      options.onError(error);
      return false;
    }
  };

  function hookOf({ intent }: Attempt): string {
    const receiver = services.config.receivers.find(({ name }) => name === intent.receiver);
    const index = intent.integration.split('/').at(-1);
    return receiver?.integrations.length === 1 ? intent.receiver : `${intent.receiver}/${index}`;
  }

  function settingsOf({ intent }: Attempt): { readonly sendResolved: boolean; readonly timeoutMs: number } {
    const receiver = services.config.receivers.find(({ name }) => name === intent.receiver);
    const found = receiver?.integrations.find(({ kind, index }) => `${kind}/${index}` === intent.integration);
    const timeoutMs = found?.kind === 'webhook' ? found.settings.timeoutMs : 0;
    return { sendResolved: found?.settings.sendResolved ?? true, timeoutMs };
  }

  async function deliver(claimed: Attempt): Promise<void> {
    const answer = answers.get(hookOf(claimed)) ?? { kind: 'status', status: 200 };
    const { sendResolved, timeoutMs } = settingsOf(claimed);
    const alerts = claimed.alerts.filter((alert) => sendResolved || alert.endsAtMs === null);
    const limitMs = Math.min(claimed.untilMs - clock.atMs, timeoutMs === 0 ? Number.POSITIVE_INFINITY : timeoutMs);
    const takesMs = answer.kind === 'status' ? 0 : answer.kind === 'slow' ? answer.afterMs : Number.POSITIVE_INFINITY;
    const outcome = outcomeOf(answer, takesMs <= limitMs, clock.atMs);
    const record = async (): Promise<void> => {
      const capture = { atMs: clock.atMs, hook: hookOf(claimed), attempt: claimed, alerts, outcome };
      captures.push(capture);
      options.onOutcome?.('before', capture);
      await services.attempts.recordOutcome(claimed, outcome, clock.atMs);
      options.onOutcome?.('after', capture);
    };
    const waitMs = Math.min(takesMs, limitMs);
    if (waitMs === 0) return record();
    later.push({ atMs: clock.atMs + waitMs, run: record });
    alarms.add(clock.atMs + waitMs);
  }

  async function handle(name: QueueName, { body }: ReceivedMessage): Promise<void> {
    const nowMs = clock.atMs;
    if (name === 'dispatch') {
      const { alerts, receivedAtMs } = decodeDispatch(body);
      await services.dispatch.dispatch(alerts, { receivedAtMs, nowMs });
    } else if (name === 'flush') {
      await services.flush.flush(decodeFlush(body), nowMs);
    } else if (name === 'notify') {
      const claim = await services.attempts.claim(decodeNotify(body), nowMs);
      if (claim.kind === 'claimed') await deliver(claim.attempt);
    }
  }

  async function drainOnce(name: QueueName): Promise<number> {
    const messages = await queue.receive(name, 10, VISIBILITY_MS);
    if (messages.length > 0) alarms.add(clock.atMs + VISIBILITY_MS);
    for (const message of messages) {
      let isDone = true;
      for (let n = 0; n < options.deliveries; n++) isDone = (await attempt(() => handle(name, message))) && isDone;
      if (isDone) await queue.delete(name, [message.receipt]);
    }
    return messages.length;
  }

  async function drain(): Promise<void> {
    for (const waiting of later.filter(({ atMs }) => atMs <= clock.atMs)) {
      later.splice(later.indexOf(waiting), 1);
      await attempt(waiting.run);
    }
    let handled = 1;
    while (handled > 0) {
      handled = 0;
      // Groups that are due at one instant decide before any of them is delivered, as in one process they would.
      for (const name of ['dispatch', 'flush', 'notify'] as const) {
        for (let more = await drainOnce(name); more > 0; more = await drainOnce(name)) handled += more;
      }
    }
  }

  const sweep = (): Promise<boolean> => attempt(() => services.sweep.sweep(clock.atMs));

  async function advanceTo(untilMs: number): Promise<void> {
    await drain();
    for (;;) {
      const nextSweepMs = Math.floor(clock.atMs / SWEEP_INTERVAL_MS + 1) * SWEEP_INTERVAL_MS;
      const dueMs = [...alarms].filter((atMs) => atMs > clock.atMs).reduce((a, b) => Math.min(a, b), nextSweepMs);
      for (const atMs of alarms) if (atMs <= clock.atMs) alarms.delete(atMs);
      if (dueMs > untilMs) break;
      clock.atMs = dueMs;
      if (dueMs === nextSweepMs) await sweep();
      await drain();
    }
    clock.atMs = untilMs;
  }

  return {
    clock,
    /** Without the faults that `wrap` puts in front of the services. */
    table,
    queue: watched,
    captures,
    answers,
    services: () => services,
    advanceTo,
    sweep,
    post: (alerts: readonly PostedAlert[]) =>
      services.dispatch.dispatch(alerts, { receivedAtMs: clock.atMs, nowMs: clock.atMs }),
    reload: async (config: string) => {
      services = composeServices({ ...options, config }, ports);
      await services.reroute.reroute(clock.atMs);
    },
    lose: async (name: QueueName) => {
      for (const message of await takeAll(queue, name, clock)) await queue.delete(name, [message.receipt]);
    },
    close: async () => {
      await table.close();
      await queue.close();
    },
  };
}

function composeServices(
  { config: text, flushNotBeforeMs }: Pick<WorldOptions, 'config' | 'flushNotBeforeMs'>,
  { table, queue }: { readonly table: Table; readonly queue: Queue },
) {
  const config: AlertmanagerConfig = parseAlertmanagerConfig(text, { file: null });
  const limits = { flushNotBeforeMs, nameMode: 'utf8' as const };
  const joining = createGroupJoining({ table, queue, config }, limits);
  const rerouting = createRerouteService({ table, queue, config, joining }, limits);
  return {
    config,
    dispatch: createDispatchService({ table, queue, config }, limits),
    flush: createFlushService(
      { table, queue, config, joining, loggedReceivers: new Set() },
      { silenceRetentionMs: 432_000_000 },
    ),
    attempts: createNotificationAttempts({ table, queue }, { maxAttemptMs: 30_000 }),
    silences: createSilenceService({ table }, { retentionMs: 432_000_000, maxSilences: null }),
    reroute: rerouting,
    sweep: createSweepService({ table, queue, joining, rerouting }),
  };
}

function outcomeOf(answer: Answer, isInTime: boolean, nowMs: number): DeliveryOutcome {
  if (!isInTime) return httpOutcome({ kind: 'failure', reason: 'timeout', detail: 'no answer' }, nowMs);
  const status = answer.kind === 'status' ? answer.status : 200;
  return httpOutcome({ kind: 'response', status, headers: new Map(), body: '' }, nowMs);
}

/** Notes when each message will be due, so that the clock can jump there. */
function watchQueue(queue: Queue, clock: { nowMs(): number }, alarms: Set<number>): Queue {
  return {
    ...queue,
    send: async (name, messages) => {
      await queue.send(name, messages);
      for (const { delayMs } of messages) alarms.add(clock.nowMs() + delayMs);
    },
  };
}

async function takeAll(queue: Queue, name: QueueName, clock: { atMs: number }): Promise<readonly ReceivedMessage[]> {
  const nowMs = clock.atMs;
  // Delayed messages are only handed out when due, so the clock is put forward while they are taken.
  clock.atMs = nowMs + 900_000;
  const taken: ReceivedMessage[] = [];
  for (let batch = await queue.receive(name, 10, 0); batch.length > 0; batch = await queue.receive(name, 10, 60_000)) {
    taken.push(...batch);
    await queue.delete(
      name,
      batch.map((message) => message.receipt),
    );
  }
  clock.atMs = nowMs;
  return taken;
}
