/** The whole system in one process: the handlers of serverless.yml on HTTP, timers and the embedded queue. */
import { readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { APIGatewayProxyStructuredResultV2, SQSBatchResponse } from 'aws-lambda';
import { type App, app, startApp, stopApp } from '../app/app.ts';
import { logWarnings, readCheckedConfig } from '../app/check-config.ts';
import { processEnvironment } from '../app/config.ts';
import { loadReceiverClients } from '../app/deliver.ts';
import { reloadAndReroute } from '../app/reload.ts';
import { InvalidInput } from '../model/issue.ts';
import { startHttpServer } from './http-server.ts';
import { type Manifest, parseManifest } from './manifest.ts';
import type { LocalOptions } from './options.ts';
import { startQueueWorker } from './queue-worker.ts';
import { createRouter } from './routes.ts';
import { startTimer } from './timers.ts';

export interface LocalProcess {
  /** Where it answers. */
  readonly url: string;
  /** Reads the configuration again; one with mistakes is logged, and the running one stays. */
  reload(): Promise<void>;
  /** Takes no more work, ends what has begun, closes the store. */
  stop(): Promise<void>;
}

type Handler = (event: unknown) => Promise<unknown>;

/** Starts everything, in the order in which it is needed. Throws InvalidInput when the configuration is wrong. */
export async function startLocal(options: LocalOptions, projectFolder: string): Promise<LocalProcess> {
  const manifest = parseManifest(await readFile(join(projectFolder, 'serverless.yml'), 'utf8'), 'serverless.yml');
  const clock = { nowMs: () => Date.now() };
  const environment = environmentOf(options);
  const { warnings } = await readCheckedConfig(environment, 'v=0');
  const running = await startApp({ environment, clock });
  try {
    logWarnings(running.log, warnings);
    await loadReceiverClients(running.config);
    const handlers = await loadHandlers(manifest, projectFolder);
    return await startWork(options, manifest, { handlers, running });
  } catch (error) {
    await stopApp();
    throw error;
  }
}

interface Parts {
  readonly handlers: ReadonlyMap<string, Handler>;
  readonly running: App;
}

async function startWork(
  options: LocalOptions,
  manifest: Manifest,
  { handlers, running }: Parts,
): Promise<LocalProcess> {
  const { clock, queue } = running;
  // Looked up on each call: a reload replaces the app, and with it the log's level.
  const log: App['log'] = { log: (...line) => void app().then((current) => current.log.log(...line)) };
  const invoke = (name: string, event: unknown): Promise<unknown> => {
    const handler = handlers.get(name);
    return handler === undefined ? Promise.reject(new Error(`no function ${name}`)) : handler(event);
  };
  const server = await startHttpServer({
    host: options.host,
    port: options.port,
    nowMs: clock.nowMs,
    findRoute: createRouter(manifest.routes),
    allowedHosts: options.authFile === null ? new Set(['localhost', '127.0.0.1', '[::1]', options.host]) : null,
    // The handlers are ours: what they return is what lib/lambda promises.
    invoke: async ({ functionName }, event) => (await invoke(functionName, event)) as APIGatewayProxyStructuredResultV2,
  });
  const workers = manifest.consumers.map((consumer) =>
    startQueueWorker({
      consumer,
      queue,
      log,
      invoke: async (event) => (await invoke(consumer.functionName, event)) as SQSBatchResponse,
    }),
  );
  const timers = manifest.schedules.map((schedule) =>
    startTimer({ schedule, clock, log, invoke: (event) => invoke(schedule.functionName, event) }),
  );
  return {
    url: server.url,
    reload: () => reload(log),
    stop: async () => {
      await Promise.all([server.close(), ...timers.map((timer) => timer.stop())]);
      await Promise.all(workers.map((worker) => worker.stop()));
      await stopApp();
    },
  };
}

/** `functions/NAME.ts`, or .mjs in a bundle as this file is there; all of them, so that a broken one is seen at the start. */
async function loadHandlers({ functionNames }: Manifest, projectFolder: string): Promise<ReadonlyMap<string, Handler>> {
  const loaded = functionNames.map(async (name): Promise<[string, Handler]> => {
    const file = join(projectFolder, 'functions', `${name}${extname(import.meta.filename)}`);
    const { handler }: { readonly handler?: unknown } = await import(pathToFileURL(file).href);
    if (typeof handler !== 'function') throw new Error(`${file} exports no handler`);
    return [name, (event) => Promise.resolve(handler(event))];
  });
  return new Map(await Promise.all(loaded));
}

function environmentOf({
  configFolder,
  dataFolder,
  authFile,
  host,
  port,
}: LocalOptions): Record<string, string | undefined> {
  const environment = processEnvironment();
  const name = host === '0.0.0.0' || host === '::' ? 'localhost' : host;
  const url = `http://${name.includes(':') ? `[${name}]` : name}:${port}`;
  return {
    TOCSIN_EXTERNAL_URL: url,
    ...environment,
    TOCSIN_TABLE: undefined,
    TOCSIN_CONFIG: configFolder,
    TOCSIN_DATA: dataFolder,
    TOCSIN_AUTH_FILE: authFile ?? undefined,
  };
}

async function reload({ log }: App['log']): Promise<void> {
  try {
    await reloadAndReroute();
    log('info', 'configuration reloaded', {});
  } catch (error) {
    const mistakes = error instanceof InvalidInput ? error.message : String(error);
    log('error', 'configuration not reloaded, the running one stays', { error: mistakes });
  }
}
