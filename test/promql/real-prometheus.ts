import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { emptyFolder, freePort, requiredFolder, startProgram } from '../e2e/processes.ts';

/** What /api/v1 answers. */
export interface ApiAnswer {
  readonly status: string;
  readonly data?: unknown;
  readonly errorType?: string;
  readonly error?: string;
  readonly warnings?: readonly string[];
  readonly infos?: readonly string[];
}

/** A Prometheus of its own that scrapes nothing. */
export interface RealPrometheus {
  readonly url: string;
  /** Posts to /api/v1/ENDPOINT. */
  query(endpoint: string, parameters: Readonly<Record<string, string>>): Promise<ApiAnswer>;
  /** Ends it, with SIGTERM unless another signal is named. */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

const START_LIMIT_MS = 30_000;
const POLL_MS = 50;

/** Starts the binary of TOCSIN_PEERS with an empty database on a free port, and waits until it is ready. `settings` is its prometheus.yml. */
export async function startPrometheus(
  flags: readonly string[],
  settings = 'scrape_configs: []\n',
): Promise<RealPrometheus> {
  const folder = emptyFolder('prometheus');
  const config = join(folder, 'prometheus.yml');
  writeFileSync(config, settings);
  const address = `127.0.0.1:${await freePort()}`;
  const program = startProgram(join(requiredFolder('TOCSIN_PEERS'), 'prometheus'), [
    `--config.file=${config}`,
    `--storage.tsdb.path=${join(folder, 'data')}`,
    `--web.listen-address=${address}`,
    '--web.console.templates=/nonexistent',
    '--web.console.libraries=/nonexistent',
    ...flags,
  ]);
  const url = `http://${address}`;
  await untilReady(url, program.output);
  return {
    url,
    query: async (endpoint, parameters) => {
      const body = new URLSearchParams(parameters);
      const response = await fetch(`${url}/api/v1/${endpoint}`, { method: 'POST', body });
      // The real program is the authority on its own wire format.
      return (await response.json()) as ApiAnswer;
    },
    stop: (signal) => program.stop(signal),
  };
}

async function untilReady(url: string, output: () => string): Promise<void> {
  for (let waitedMs = 0; waitedMs < START_LIMIT_MS; waitedMs += POLL_MS) {
    const response = await fetch(`${url}/-/ready`).catch(() => null);
    if (response?.ok === true) return;
    await sleep(POLL_MS);
  }
  throw new Error(`Prometheus did not start: ${output()}`);
}
