import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { emptyFolder, eventually, freePort, requiredFolder, startProgram, startTocsin } from '../e2e/processes.ts';

/** A real Alertmanager and our local process with the same configuration. */
export interface Peers {
  readonly realUrl: string;
  readonly ourUrl: string;
  readonly folder: string;
  stop(): Promise<void>;
}

/** Starts both on loopback and waits until both answer. */
export async function startPeers(routing: string): Promise<Peers> {
  const folder = emptyFolder('api');
  const config = join(folder, 'config');
  mkdirSync(config);
  writeFileSync(join(config, 'alertmanager.yml'), routing);
  const [realPort, ourPort] = [await freePort(), await freePort()];
  const real = startProgram(join(requiredFolder('TOCSIN_PEERS'), 'prometheus-alertmanager'), [
    `--config.file=${config}/alertmanager.yml`,
    `--web.listen-address=127.0.0.1:${realPort}`,
    `--storage.path=${folder}/real`,
    '--cluster.listen-address=',
    // Many questions at a time are asked on purpose.
    '--web.get-concurrency=500',
  ]);
  const ours = await startTocsin({ config, data: join(folder, 'ours'), port: ourPort });
  const peers = {
    realUrl: `http://127.0.0.1:${realPort}`,
    ourUrl: `http://127.0.0.1:${ourPort}`,
    folder,
    stop: async () => {
      await Promise.all([real.stop(), ours.stop()]);
    },
  };
  await eventually('alertmanager answers', 30_000, async () =>
    (await fetch(`${peers.realUrl}/-/ready`)).ok ? true : null,
  );
  return peers;
}

/**
 * What differs between two processes though they agree: ids, the instants of receipt, the version, zones of equal instants, and the order
 * of allowed methods, which Alertmanager shuffles.
 */
export function normalised(body: string): string {
  return body
    .replace(/\b[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}\b/g, 'ID')
    .replace(/"(updatedAt|uptime)":"[^"]*"/g, '"$1":"T"')
    .replace(/"versionInfo":\{[^}]*\}/, '"versionInfo":{}')
    .replace(/(?<=but \[)[A-Z,]+/, (methods) => methods.split(',').sort().join(','))
    .replace(/"(startsAt|endsAt)":"([^"]*)"/g, (_whole, name: string, at: string) => {
      const ageMs = Date.now() - Date.parse(at);
      return `"${name}":"${Math.abs(ageMs) < 120_000 ? 'NOW' : new Date(at).toISOString()}"`;
    });
}
