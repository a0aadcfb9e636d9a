import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { emptyFolder, eventually, freePort, startTocsin } from '../e2e/processes.ts';
import { compress, writeRequest } from '../ingest/encoder.ts';
import { startPrometheus } from '../promql/real-prometheus.ts';
import { sameMetadata, sameSeries } from './same-series.ts';

/** A real Prometheus and the local process that hold the same series and the same rules. */
export interface PrometheusPeers {
  readonly realUrl: string;
  readonly ourUrl: string;
  stop(): Promise<void>;
}

/** Few enough that a query can have too many. */
const MAX_SAMPLES = 100_000;
const FEATURES = 'promql-experimental-functions';

const RULES = `
groups:
  - name: second
    interval: 2s
    labels: { tier: front }
    rules:
      - { record: job:up:sum, expr: 'sum  by (job) (up)' }
      - { record: job:up:max, expr: max by(job)(up), labels: { kind: 'a<b' } }
  - name: first
    interval: 2s
    limit: 50
    rules:
      - { alert: Full, expr: memory_bytes > 5e5, labels: { severity: page }, annotations: { text: '{{ $value | humanize }} & more' } }
      - { alert: Pending, expr: limits > 0, for: 1h, keep_firing_for: 90s }
      - { alert: Never, expr: 'absent(up) == 1', for: 5m }
`;
const MORE_RULES = `
groups:
  - name: broken
    interval: 2s
    rules: [{ record: bad, expr: limits * on (job) up }]
  - name: empty
    rules: []
`;

/** Starts both, writes to both, and waits until the rules of both have been evaluated. */
export async function startPrometheusPeers(): Promise<PrometheusPeers> {
  const folder = emptyFolder('api');
  const config = join(folder, 'config');
  mkdirSync(join(config, 'rules'), { recursive: true });
  writeFileSync(join(config, 'alertmanager.yml'), 'route: { receiver: none }\nreceivers: [{ name: none }]\n');
  writeFileSync(join(config, 'tocsin.yml'), `query: { features: [${FEATURES}], max_samples: ${MAX_SAMPLES} }\n`);
  writeFileSync(join(config, 'rules', 'a.yml'), RULES);
  writeFileSync(join(config, 'rules', 'b.yml'), MORE_RULES);
  const port = await freePort();
  const ourUrl = `http://127.0.0.1:${port}`;
  const real = await startPrometheus(
    [
      '--web.enable-remote-write-receiver',
      `--enable-feature=${FEATURES},native-histograms`,
      `--query.max-samples=${MAX_SAMPLES}`,
    ],
    `rule_files: [${config}/rules/*.yml]\n`,
  );
  const ours = await startTocsin({ config, data: join(folder, 'data'), port });
  for (const url of [real.url, ourUrl]) await write(url);
  for (const url of [real.url, ourUrl]) {
    await eventually(`${url} has evaluated its rules`, 20_000, () => hasEvaluated(url));
  }
  const stop = async (): Promise<void> => {
    await Promise.all([real.stop(), ours.stop()]);
  };
  return { realUrl: real.url, ourUrl, stop };
}

async function write(url: string): Promise<void> {
  const bytes = compress(writeRequest(sameSeries(), sameMetadata));
  const headers = { 'content-type': 'application/x-protobuf', 'content-encoding': 'snappy' };
  // A view of exactly these bytes; fetch takes no view of a shared buffer, which this is not.
  const body = new Blob([new Uint8Array(bytes)]);
  const reply = await fetch(`${url}/api/v1/write`, { method: 'POST', headers, body });
  assert.equal(reply.status, 204, `${url}: ${await reply.text()}`);
}

/** Whether every alert that these series give is there, and the series that rules write. A real Prometheus writes those of alerts from the second evaluation on. */
async function hasEvaluated(url: string): Promise<true | null> {
  const read = async (target: string) => Object(await (await fetch(`${url}/api/v1/${target}`)).json()).data;
  const { alerts } = await read('alerts');
  const written = await read('label/__name__/values?match[]={__name__=~"ALERTS.*|job:up:.*"}');
  const rules = JSON.stringify(await read('rules'));
  return alerts.length === 7 && written.length === 4 && !rules.includes('"health":"unknown"') ? true : null;
}
