/**
 * The whole routing runtime on the embedded adapters and a virtual clock, with receivers that answer as they are told. Time moves
 * from one due message to the next, so that times are exact and a day takes a moment.
 */
import { createEmbeddedQueue } from '../../lib/adapters/embedded-queue.ts';
import { createEmbeddedTable } from '../../lib/adapters/embedded-table.ts';
import { parseAlertmanagerConfig } from '../../lib/alerts/config.ts';
import type { PostedAlert } from '../../lib/model/alert.ts';
import { type Key, MAX_DELAY_MS, type Queue, type QueueName, type Table } from '../../lib/ports.ts';
import { createDispatchService } from '../../lib/services/dispatch.ts';
import { createFlushService } from '../../lib/services/flush.ts';
import { createGroupJoining } from '../../lib/services/group-joining.ts';
import { decodeDispatch, decodeFlush, decodeNotify } from '../../lib/services/messages.ts';
import { createNotificationAttempts } from '../../lib/services/notification-attempts.ts';
import { createRerouteService } from '../../lib/services/reroute.ts';
import { createSilenceService } from '../../lib/services/silences.ts';
import { createSweepService } from '../../lib/services/sweep.ts';
import { createScriptedReceivers } from './scripted-receivers.ts';

export interface WorldOptions {
  readonly config: string;
  readonly startMs: number;
  readonly flushNotBeforeMs: number;
  /** Each message is handled this many times. */
  readonly deliveries: number;
  /** Delivers one intent in place of the scripted receivers. */
  readonly deliver?: (services: Services, key: Key, nowMs: number) => Promise<unknown>;
  /** Puts faults between the services and the adapters. */
  readonly wrap?: (ports: Ports) => Ports;
  readonly onOutcome?: (phase: 'before' | 'after') => void;
  /** What becomes of errors of handlers; the default fails the test. */
  readonly onError?: (error: unknown) => void;
}

interface Ports {
  readonly table: Table;
  readonly queue: Queue;
}

interface VirtualClock {
  atMs: number;
  nowMs(): number;
}

export type World = Awaited<ReturnType<typeof openWorld>>;

/** Messages that were not deleted come again after this long. */
const VISIBILITY_MS = 30_000;
const SWEEP_INTERVAL_MS = 60_000;
const MAX_RECEIVES = 50;

export async function openWorld(options: WorldOptions) {
  const clock: VirtualClock = { atMs: options.startMs, nowMs: () => clock.atMs };
  const table = createEmbeddedTable({ path: ':memory:', clock });
  const store = createEmbeddedQueue({ path: ':memory:', clock, maxReceives: MAX_RECEIVES });
  const agenda = createAgenda(clock);
  const queue = watchQueue(store, agenda);
  const ports = options.wrap?.({ table, queue }) ?? { table, queue };
  let services = composeServices(options, ports);
  const receivers = createScriptedReceivers({
    clock,
    services: () => services,
    runAt: agenda.runAt,
    onOutcome: options.onOutcome,
  });
  const attempt = createAttempt(options.onError);
  const sweep = (): Promise<boolean> => attempt(() => services.sweep.sweep(clock.atMs));
  const handle = createHandler({
    clock,
    services: () => services,
    notify: async (key) => {
      if (options.deliver !== undefined) return options.deliver(services, key, clock.atMs);
      const claim = await services.attempts.claim(key, clock.atMs);
      return claim.kind === 'claimed' ? receivers.deliver(claim.attempt) : claim;
    },
  });
  const drain = createDrain({ queue, agenda, handle, attempt, deliveries: options.deliveries });
  return {
    clock,
    /** Without the faults that `wrap` puts in front of the services. */
    table,
    queue,
    captures: receivers.captures,
    answers: receivers.answers,
    services: () => services,
    advanceTo: createAdvance({ clock, agenda, drain, sweep }),
    sweep,
    post: (alerts: readonly PostedAlert[]) =>
      services.dispatch.dispatch(alerts, { receivedAtMs: clock.atMs, nowMs: clock.atMs }),
    /** As a new deployment does: nobody says anything, the sweep finds out. */
    configure: (config: string): void => {
      services = composeServices({ ...options, config }, ports);
    },
    reload: async (config: string) => {
      services = composeServices({ ...options, config }, ports);
      await services.reroute.reroute(clock.atMs);
    },
    lose: (name: QueueName) => loseAll(store, name, clock),
    close: async () => {
      await table.close();
      await store.close();
    },
  };
}

export type Services = ReturnType<typeof composeServices>;
type Attempter = (work: () => Promise<unknown>) => Promise<boolean>;
type Agenda = ReturnType<typeof createAgenda>;

/** When something is due: work that waits for its instant, and instants at which messages come out. */
function createAgenda(clock: VirtualClock) {
  const waiting: { readonly atMs: number; readonly work: () => Promise<void> }[] = [];
  const instants = new Set<number>();
  return {
    runAt: (atMs: number, work: () => Promise<void>): void => {
      waiting.push({ atMs, work });
      instants.add(atMs);
    },
    wakeAfter: (delayMs: number): void => void instants.add(clock.atMs + delayMs),
    takeDue: (): readonly (() => Promise<void>)[] => {
      const due = waiting.filter(({ atMs }) => atMs <= clock.atMs);
      for (const each of due) waiting.splice(waiting.indexOf(each), 1);
      return due.map(({ work }) => work);
    },
    /** The next instant after now, at most `limitMs`. */
    nextAtMs: (limitMs: number): number => {
      for (const atMs of instants) if (atMs <= clock.atMs) instants.delete(atMs);
      return [...instants].reduce((a, b) => Math.min(a, b), limitMs);
    },
  };
}

/** True when the work went through. */
function createAttempt(onError: WorldOptions['onError']): Attempter {
  return async (work) => {
    try {
      await work();
      return true;
    } catch (error) {
      if (onError === undefined) throw error;
      onError(error);
      return false;
    }
  };
}

interface HandlerParts {
  readonly clock: VirtualClock;
  readonly services: () => Services;
  readonly notify: (key: Key) => Promise<unknown>;
}

function createHandler({ clock, services, notify }: HandlerParts) {
  return async (name: QueueName, body: string): Promise<void> => {
    const { dispatch, flush } = services();
    if (name === 'dispatch') {
      const { alerts, receivedAtMs } = decodeDispatch(body);
      await dispatch.dispatch(alerts, { receivedAtMs, nowMs: clock.atMs });
    } else if (name === 'flush') {
      await flush.flush(decodeFlush(body), clock.atMs);
    } else {
      await notify(decodeNotify(body));
    }
  };
}

interface DrainParts {
  readonly queue: Queue;
  readonly agenda: Agenda;
  readonly handle: (name: QueueName, body: string) => Promise<void>;
  readonly attempt: Attempter;
  readonly deliveries: number;
}

/** Handles everything that is due now, and what comes of it. */
function createDrain({ queue, agenda, handle, attempt, deliveries }: DrainParts) {
  async function drainOnce(name: QueueName): Promise<number> {
    const messages = await queue.receive(name, 10, VISIBILITY_MS);
    if (messages.length > 0) agenda.wakeAfter(VISIBILITY_MS);
    for (const { body, receipt } of messages) {
      let isDone = true;
      for (let n = 0; n < deliveries; n++) isDone = (await attempt(() => handle(name, body))) && isDone;
      if (isDone) await queue.delete(name, [receipt]);
    }
    return messages.length;
  }

  return async (): Promise<void> => {
    for (const work of agenda.takeDue()) await attempt(work);
    let handled = 1;
    while (handled > 0) {
      handled = 0;
      // Groups that are due at one instant decide before any of them is delivered, as in one process they would.
      for (const name of ['dispatch', 'flush', 'notify'] as const) {
        for (let more = await drainOnce(name); more > 0; more = await drainOnce(name)) handled += more;
      }
    }
  };
}

interface AdvanceParts {
  readonly clock: VirtualClock;
  readonly agenda: Agenda;
  readonly drain: () => Promise<void>;
  readonly sweep: () => Promise<boolean>;
}

/** Moves the clock from one instant at which something is due to the next. The sweep runs at each full minute. */
function createAdvance({ clock, agenda, drain, sweep }: AdvanceParts) {
  return async (untilMs: number): Promise<void> => {
    await drain();
    for (;;) {
      const nextSweepMs = Math.floor(clock.atMs / SWEEP_INTERVAL_MS + 1) * SWEEP_INTERVAL_MS;
      const dueMs = agenda.nextAtMs(nextSweepMs);
      if (dueMs > untilMs) break;
      clock.atMs = dueMs;
      if (dueMs === nextSweepMs) await sweep();
      await drain();
    }
    clock.atMs = untilMs;
  };
}

function composeServices(
  { config: text, flushNotBeforeMs }: Pick<WorldOptions, 'config' | 'flushNotBeforeMs'>,
  { table, queue }: Ports,
) {
  const config = parseAlertmanagerConfig(text, { file: null });
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

/** Notes when each message will be due, so that the clock can jump there. */
function watchQueue(queue: Queue, agenda: Agenda): Queue {
  return {
    ...queue,
    send: async (name, messages) => {
      await queue.send(name, messages);
      for (const { delayMs } of messages) agenda.wakeAfter(delayMs);
    },
  };
}

/** Delayed messages are only handed out when due, so the clock is put forward while they are taken away. */
async function loseAll(queue: Queue, name: QueueName, clock: VirtualClock): Promise<void> {
  const nowMs = clock.atMs;
  clock.atMs = nowMs + MAX_DELAY_MS;
  for (;;) {
    const taken = await queue.receive(name, 10, VISIBILITY_MS);
    if (taken.length === 0) break;
    const receipts = taken.map((message) => message.receipt);
    await queue.delete(name, receipts);
  }
  clock.atMs = nowMs;
}
