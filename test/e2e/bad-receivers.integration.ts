// Receivers that hang, refuse, reset, answer garbage or without end: those beside them are told in time, and each is tried again with patience.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { attempt, watch } from './hostile.ts';
import { emptyFolder, eventually, freePort, startTocsin } from './processes.ts';

const HANGING = 20;
const ALERTS = 20;
const BETWEEN_ALERTS_MS = 1_000;
const RETRY_AFTER_S = 3;

/** What each path does with a request; the times at which it was asked are kept. */
const manners: Readonly<Record<string, (response: ServerResponse, request: IncomingMessage) => void>> = {
  '/healthy': (response) => void response.end('ok'),
  '/hang': () => undefined,
  '/error': (response) => void response.writeHead(500).end('sorry'),
  '/busy': (response) => void response.writeHead(429, { 'retry-after': String(RETRY_AFTER_S) }).end(),
  '/reset': (_response, request) => request.socket.resetAndDestroy(),
  '/garbage': (_response, request) => request.socket.end('\u0000\u0001this is no HTTP\r\n\r\n'),
  '/endless': (response) => {
    const more = (): void => void (response.destroyed || response.write('x'.repeat(65_536), () => setImmediate(more)));
    more();
  },
};

interface Heard {
  readonly path: string;
  readonly atMs: number;
  readonly body: string;
}

async function startReceivers(): Promise<{ readonly port: number; readonly heard: readonly Heard[]; close(): void }> {
  const heard: Heard[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request
      .on('data', (chunk: Buffer) => chunks.push(chunk))
      .on('end', () => {
        const path = (request.url ?? '').replace(/\?.*/, '');
        heard.push({ path, atMs: Date.now(), body: Buffer.concat(chunks).toString() });
        manners[path]?.(response, request);
      });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    port: address.port,
    heard,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

function writeConfig(port: number): string {
  const hanging = Array.from({ length: HANGING }, (_, i) => [`hang${i}`, `/hang?${i}`] as const);
  const others = Object.keys(manners).filter((path) => path !== '/hang');
  const receivers = [...hanging, ...others.map((path) => [path.slice(1), path] as const)];
  const config = emptyFolder('config');
  mkdirSync(join(config, 'rules'));
  const routes = receivers.map(([name]) => ({ receiver: name, continue: true }));
  const timing = { group_by: ['alertname'], group_wait: '0s', group_interval: '1m', repeat_interval: '1h' };
  const webhooks = receivers.map(([name, path]) => ({
    name,
    webhook_configs: [{ url: `http://127.0.0.1:${port}${path}` }],
  }));
  // JSON is YAML.
  const routing = { route: { receiver: 'healthy', ...timing, routes }, receivers: webhooks };
  writeFileSync(join(config, 'alertmanager.yml'), JSON.stringify(routing));
  return config;
}

test(`${HANGING} receivers that hang, and others that misbehave, delay nobody`, async (context) => {
  const receivers = await startReceivers();
  const port = await freePort();
  const tocsin = await startTocsin({ config: writeConfig(receivers.port), data: emptyFolder('store'), port });
  context.after(async () => {
    receivers.close();
    await tocsin.stop();
  });
  const watching = watch(tocsin.child.pid ?? 0, port);
  const postedAtMs = new Map<string, number>();
  for (let i = 0; i < ALERTS; i++) {
    const name = `Alert${i}.`;
    postedAtMs.set(name, Date.now());
    const body = JSON.stringify([{ labels: { alertname: name } }]);
    const headers = { 'content-type': 'application/json' };
    assert.equal((await attempt(port, { method: 'POST', path: '/api/v2/alerts', headers, body })).status, 200);
    await sleep(BETWEEN_ALERTS_MS);
  }
  const latencyMs = (name: string): number => {
    const told = receivers.heard.find(({ path, body }) => path === '/healthy' && body.includes(`"${name}"`));
    return told === undefined ? Number.POSITIVE_INFINITY : told.atMs - (postedAtMs.get(name) ?? 0);
  };
  const worstMs = (): number => Math.max(...[...postedAtMs.keys()].map(latencyMs));
  await eventually('the healthy one is told everything', 60_000, () =>
    Number.isFinite(worstMs()) ? true : null,
  ).catch(() => undefined);
  const seen = await watching.stop();
  console.log(`the healthy receiver waited ${worstMs()} ms at most, memory ${seen.maxRssMegabytes.toFixed(0)} MB`);
  assert.ok(worstMs() < 2_000, `${worstMs()} ms`);
  assert.ok(seen.maxRssMegabytes < 400 && seen.maxLiveMs < 1_000, JSON.stringify(seen));
  requireBackOff(receivers.heard);
  assert.doesNotMatch(tocsin.output(), /unhandled|uncaught|"message failed"/i);
});

/** Attempts for the first alert: after each there is a pause, and the one that names a time is not asked before. */
function requireBackOff(heard: readonly Heard[]): void {
  const times = (path: string): readonly number[] =>
    heard.filter((each) => each.path === path && each.body.includes('"Alert0."')).map(({ atMs }) => atMs);
  for (const path of ['/error', '/reset', '/garbage']) {
    const pauses = times(path)
      .map((atMs, i, all) => atMs - (all[i - 1] ?? atMs))
      .slice(1);
    console.log(`${path}: ${pauses.join(', ')} ms between attempts`);
    assert.ok(pauses.length >= 3 && pauses.length <= 12, `${path}: ${pauses.length + 1} attempts`);
    assert.ok((pauses[2] ?? 0) > (pauses[0] ?? 0), `${path}: ${pauses.join(', ')}`);
  }
  const busy = times('/busy');
  assert.ok(busy.length >= 2, `${busy.length} attempts at the busy one`);
  const tooEarly = busy.filter((atMs, i) => i > 0 && atMs - (busy[i - 1] ?? 0) < RETRY_AFTER_S * 1_000);
  assert.deepEqual(tooEarly, [], 'asked before the time it named');
  assert.equal(times('/endless').length, 1, 'an endless answer with status 200 is an answer');
}
