/**
 * Composition root. `app()` gives what every handler has: configuration, clock, log, table and queue. Each use case adds its
 * services in a file of its own (`ingest.ts`, `query.ts`, `routing.ts`…), so that a function's bundle holds only what it uses:
 *
 *     export const ingestApp = part(async (base) => ({ ...base, ingest: createIngestService(…) }));
 *     export const handler = httpHandler(ingestApp, async ({ ingest }, request) => …);
 *
 * All is built once per process and again after `reloadApp`; ports and caches live on through a reload.
 */
import { createJsonLog } from '../adapters/json-log.ts';
import type { Clock, Logger, Queue, Table } from '../ports.ts';
import { type AppConfig, type Environment, type Place, processEnvironment, readAppConfig } from './config.ts';

/** What every handler has. */
export interface App {
  readonly config: AppConfig;
  readonly clock: Clock;
  readonly log: Logger;
  readonly table: Table;
  readonly queue: Queue;
  /** When this configuration was loaded. */
  readonly loadedAtMs: number;
}

interface OpenPorts {
  readonly table: Table;
  readonly queue: Queue;
  close(): Promise<void>;
}

interface Running {
  readonly ports: OpenPorts;
  readonly clock: Clock;
  readonly environment: Environment;
  current: App;
}

/** Deliveries of one message before it becomes a dead letter; serverless.yml says the same to SQS. */
const MAX_RECEIVES = 5;

let running: Promise<Running> | null = null;

/** The app of this process; the first call builds it. */
export async function app(): Promise<App> {
  running ??= start({ environment: processEnvironment(), clock: { nowMs: () => Date.now() } });
  return (await running).current;
}

/** Builds the app from something else than the process' own environment and clock: the local process and tests. */
export async function startApp(options: { readonly environment: Environment; readonly clock: Clock }): Promise<App> {
  await stopApp();
  running = start(options);
  return (await running).current;
}

/** Closes what is open. The next `app()` starts anew. */
export async function stopApp(): Promise<void> {
  const before = running;
  running = null;
  if (before !== null) await (await before).ports.close();
}

/** Reads the configuration again and checks it whole; throws InvalidInput with every mistake and keeps the running one. */
export async function reloadApp(): Promise<App> {
  running ??= start({ environment: processEnvironment(), clock: { nowMs: () => Date.now() } });
  const now = await running;
  const nowMs = now.clock.nowMs();
  const { logWarnings, readCheckedConfig } = await import('./check-config.ts');
  const { config, warnings } = await readCheckedConfig(now.environment, `v=${nowMs}`);
  now.current = assemble(config, now.clock, now.ports);
  logWarnings(now.current.log, warnings);
  return now.current;
}

/** A part of the app: built on first use from the base, and again when a reload has replaced the base. */
export function part<T>(build: (base: App) => Promise<T>): () => Promise<T> {
  let built: { readonly base: App; readonly value: Promise<T> } | null = null;
  return async () => {
    const base = await app();
    if (built?.base !== base) built = { base, value: build(base) };
    return built.value;
  };
}

async function start(options: { readonly environment: Environment; readonly clock: Clock }): Promise<Running> {
  const { environment, clock } = options;
  const config = await readAppConfig(environment, 'v=0');
  const ports = await openPorts(config.place, clock);
  return { ports, clock, environment, current: assemble(config, clock, ports) };
}

function assemble(config: AppConfig, clock: Clock, { table, queue }: OpenPorts): App {
  const log = createJsonLog(config.settings.log.level, () => clock.nowMs());
  return { config, clock, log, table, queue, loadedAtMs: clock.nowMs() };
}

async function openPorts(place: Place, clock: Clock): Promise<OpenPorts> {
  if (place.kind === 'aws') {
    const { createDynamoTable } = await import('../adapters/dynamodb-table.ts');
    const { createSqsQueue } = await import('../adapters/sqs-queue.ts');
    return {
      table: createDynamoTable({ tableName: place.tableName }),
      queue: createSqsQueue({ queueUrls: place.queueUrls }),
      close: async () => undefined,
    };
  }
  const { createEmbeddedTable } = await import('../adapters/embedded-table.ts');
  const { createEmbeddedQueue } = await import('../adapters/embedded-queue.ts');
  const path = place.storeFolder === ':memory:' ? ':memory:' : `${place.storeFolder}/tocsin.db`;
  const table = createEmbeddedTable({ path, clock });
  const queue = createEmbeddedQueue({ path, clock, maxReceives: MAX_RECEIVES });
  return {
    table,
    queue,
    close: async () => {
      await queue.close();
      await table.close();
    },
  };
}
