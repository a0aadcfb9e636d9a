// The local process is killed (SIGKILL) at random moments under load, again and again. What it acknowledged must be there
// afterwards, and every alert it accepted must have been notified; a notification may come twice, and such doubles are counted.
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { emptyFolder, eventually, freePort, startTocsin } from './processes.ts';
import { type HttpSink, startHttpSink } from './sinks.ts';

const KILLS = Number(process.env['TOCSIN_KILLS'] ?? 200);
const MAX_LIFE_MS = 900;

interface Acknowledged {
  /** Values by timestamp of the one series that is written. */
  readonly samples: Map<number, number>;
  readonly alerts: Set<string>;
}

function writeConfig(sink: HttpSink): string {
  const config = emptyFolder('config');
  mkdirSync(join(config, 'rules'));
  writeFileSync(
    join(config, 'rules', 'kill.yml'),
    `
groups:
  - name: kill
    interval: 1s
    rules:
      - { alert: AlwaysPending, expr: vector(1), for: 1d }
      - { alert: AlwaysFiring, expr: vector(1) }
`,
  );
  writeFileSync(
    join(config, 'alertmanager.yml'),
    `
route: { receiver: hook, group_by: [alertname], group_wait: 0s, group_interval: 1s, repeat_interval: 1d }
receivers: [{ name: hook, webhook_configs: [{ url: 'http://127.0.0.1:${sink.port}/hook' }] }]
`,
  );
  return config;
}

/** Pushes samples and alerts until the process is gone; notes what was acknowledged. */
async function load(url: string, kill: number, acknowledged: Acknowledged, isOver: () => boolean): Promise<void> {
  let timeMs = 0;
  for (let i = 0; !isOver(); i++) {
    // One value a millisecond: of two values at one time the one received last counts, and both may be received in one.
    timeMs = Math.max(Date.now(), timeMs + 1);
    const value = kill * 1e6 + i;
    const alertname = `Kill${kill}-${i}`;
    try {
      const push = await fetch(`${url}/api/v1/push`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ samples: [{ name: 'kill_total', labels: {}, value, timeMs }] }),
      });
      if (push.ok) acknowledged.samples.set(timeMs, value);
      if (i % 5 !== 0) continue;
      const post = await fetch(`${url}/api/v2/alerts`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify([{ labels: { alertname }, endsAt: new Date(timeMs + 86_400_000).toISOString() }]),
      });
      if (post.ok) acknowledged.alerts.add(alertname);
    } catch {
      return; // Killed in the middle of a request: not acknowledged.
    }
  }
}

async function fetchJson(url: string): Promise<Record<string, unknown>> {
  const answer: unknown = await (await fetch(url)).json();
  assert.ok(typeof answer === 'object' && answer !== null);
  return Object.fromEntries(Object.entries(answer));
}

interface ApiAlert {
  readonly labels: { readonly alertname: string };
  readonly state: string;
  readonly activeAt: string;
}

async function ruleAlert(url: string, alertname: string): Promise<ApiAlert> {
  return eventually(`${alertname} is active`, 20_000, async () => {
    const { data: listing } = await fetchJson(`${url}/api/v1/alerts`);
    // The API's shape; the fields read are asserted by the test.
    const { alerts } = listing as { readonly alerts: readonly ApiAlert[] };
    return alerts.find(({ labels }) => labels.alertname === alertname) ?? null;
  });
}

function notifiedNames(sink: HttpSink): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { body } of sink.received) {
    const { alerts } = body as { readonly alerts: readonly { readonly labels: { readonly alertname: string } }[] }; // Webhook payload.
    for (const { labels } of alerts) counts.set(labels.alertname, (counts.get(labels.alertname) ?? 0) + 1);
  }
  return counts;
}

test(`${KILLS} kills lose no acknowledged sample and no notification`, async (context) => {
  const sink = await startHttpSink();
  const config = writeConfig(sink);
  const store = emptyFolder('store');
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const acknowledged: Acknowledged = { samples: new Map(), alerts: new Set() };
  const activeAt = new Set<string>();
  for (let kill = 0; kill < KILLS; kill++) {
    const tocsin = await startTocsin({ config, data: store, port });
    if (kill % 20 === 0) activeAt.add((await ruleAlert(url, 'AlwaysPending')).activeAt);
    let isOver = false;
    const writing = load(url, kill, acknowledged, () => isOver);
    await sleep(Math.random() * MAX_LIFE_MS);
    await tocsin.stop('SIGKILL');
    isOver = true;
    await writing;
  }
  const last = await startTocsin({ config, data: store, port });
  context.after(async () => {
    await last.stop();
    sink.close();
  });
  activeAt.add((await ruleAlert(url, 'AlwaysPending')).activeAt);
  assert.equal(activeAt.size, 1, `activeAt of a pending alert moved: ${[...activeAt].join(', ')}`);
  const answer = await fetchJson(`${url}/api/v1/query?query=${encodeURIComponent('kill_total[1h]')}`);
  const { result } = answer['data'] as { readonly result: readonly { readonly values: readonly [number, string][] }[] }; // Matrix.
  const stored = new Map(
    result.flatMap(({ values }) => values.map(([t, v]) => [Math.round(t * 1000), Number(v)] as const)),
  );
  const lost = [...acknowledged.samples].filter(([timeMs, value]) => stored.get(timeMs) !== value);
  assert.deepEqual(lost, [], `${lost.length} of ${acknowledged.samples.size} acknowledged samples are gone`);
  const missing = (): string[] =>
    [...acknowledged.alerts, 'AlwaysFiring'].filter((name) => !notifiedNames(sink).has(name));
  await eventually('every accepted alert is notified', 180_000, () => (missing().length === 0 ? true : null)).catch(
    () => undefined,
  );
  assert.deepEqual(missing(), []);
  const counts = notifiedNames(sink);
  const keys = new Set(sink.received.map(({ headers }) => String(headers['idempotency-key'])));
  const repeats = [...counts.values()].reduce((sum, count) => sum + count - 1, 0);
  context.diagnostic(
    `${KILLS} kills, ${acknowledged.samples.size} samples and ${acknowledged.alerts.size} alerts acknowledged, 0 lost; ` +
      `${sink.received.length} notifications of ${counts.size} alerts, ${repeats} alerts told again, ` +
      `${sink.received.length - keys.size} messages sent twice under one idempotency key`,
  );
  // A double comes only from a kill between the receiver's answer and the log entry: at most one a kill, and it bears the same key.
  assert.ok(sink.received.length - keys.size <= KILLS);
});
