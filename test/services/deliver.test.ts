/** From a report to the request that leaves the house: the real runtime, the real integrations, and an outside that is written down. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { labelsOf } from '../../lib/model/labels.ts';
import { parseNotificationTemplates } from '../../lib/notify/renderer.ts';
import type { Outbound, OutgoingRequest } from '../../lib/ports.ts';
import { createDeliverService } from '../../lib/services/deliver.ts';
import { openWorld, type Services, type World } from '../alerts/routing-world.ts';
import { Crash, countChange, type Faults, withFaults } from '../support/faulty-ports.ts';

const START_MS = Date.UTC(2026, 0, 5, 9);

interface Sent {
  readonly atMs: number;
  readonly request: OutgoingRequest;
}

interface Stage {
  readonly world: World;
  readonly sent: readonly Sent[];
}

/** A world whose receivers take everything, with one webhook receiver of the given integrations. */
async function openStage(webhooks: string, faults: Faults = { calls: 0, at: 0, hit: null }): Promise<Stage> {
  const sent: Sent[] = [];
  const clock = { nowMs: (): number => world.clock.atMs };
  const outbound: Outbound = {
    http: async (request) => {
      sent.push({ atMs: clock.nowMs() - START_MS, request });
      countChange(faults, 'answer');
      return { kind: 'response', status: 200, headers: new Map(), body: '' };
    },
    mail: () => assert.fail('no mail'),
    slack: () => assert.fail('no call'),
    topic: () => assert.fail('no message'),
    readSecret: () => assert.fail('no secret'),
  };
  const settings = {
    templates: parseNotificationTemplates([]),
    externalUrl: 'http://tocsin.test',
    severity: { scale: [], aliases: {} },
    receivers: new Map(),
    resolvePath: (path: string) => path,
  };
  const world = await openWorld({
    config: `
route: {receiver: ops, group_wait: 1s, group_interval: 10s}
receivers: [{name: ops, webhook_configs: ${webhooks}}]`,
    startMs: START_MS,
    flushNotBeforeMs: 0,
    deliveries: 1,
    wrap: (ports) => withFaults(ports, faults),
    onError: (error) => assert.ok(error instanceof Crash, String(error)),
    deliver: ({ attempts, config }: Services, key, nowMs) => {
      const ports = { attempts, outbound, clock, log: { log: () => undefined } };
      return createDeliverService(ports, { ...settings, config }).deliver(key, nowMs);
    },
  });
  return { world, sent };
}

const alerts = (count: number) =>
  Array.from({ length: count }, (_, n) => ({
    labels: labelsOf({ alertname: 'Down', instance: `node-${n}` }),
    annotations: [],
    startsAtMs: null,
    endsAtMs: null,
    generatorUrl: '',
  }));

test('max_alerts cuts the message, and the log still knows all that fired', async () => {
  const { world, sent } = await openStage('[{url: "http://ops.test/", max_alerts: 1}]');
  await world.post(alerts(3));
  await world.advanceTo(START_MS + 60_000);
  const [first, ...others] = sent;
  assert.deepEqual(others, []);
  const body = JSON.parse(first?.request.body ?? '');
  assert.deepEqual([body.alerts.length, body.truncatedAlerts], [1, 2]);
  assert.deepEqual(body.commonLabels, { alertname: 'Down', instance: 'node-0' });
  await world.close();
});

test('a template that is broken stops its own integration only, at each flush anew', async () => {
  const { world, sent } = await openStage('[{url: "http://one.test/{{ .Nope }}"}, {url: "http://two.test/"}]');
  await world.post(alerts(1));
  await world.advanceTo(START_MS + 25_000);
  assert.deepEqual(
    sent.map(({ atMs, request }) => [atMs, request.url]),
    [[1_000, 'http://two.test/']],
  );
  await world.close();
});

test('an attempt gets no more time than its claim has', async () => {
  const { world, sent } = await openStage('[{url: "http://ops.test/", timeout: 2m}]');
  await world.post(alerts(1));
  await world.advanceTo(START_MS + 5_000);
  // The deadline of a flush is ten seconds at least, sooner than the longest attempt.
  assert.deepEqual(
    sent.map(({ request }) => request.timeoutMs),
    [10_000],
  );
  await world.close();
});

test('a notification that is sent twice after a crash carries the same key', async () => {
  const whole: Faults = { calls: 0, at: 0, hit: null };
  const before = await openStage('[{url: "http://ops.test/"}]', whole);
  await before.world.post(alerts(1));
  await before.world.advanceTo(START_MS + 5_000);
  await before.world.close();
  const doubled: string[] = [];
  for (let at = 1; at <= whole.calls; at++) {
    const faults: Faults = { calls: 0, at, hit: null };
    const { world, sent } = await openStage('[{url: "http://ops.test/"}]', faults);
    await world.post(alerts(1)).catch(() => world.post(alerts(1)));
    await world.advanceTo(START_MS + 3 * 60_000);
    const keys = sent.map(({ request }) => new Map(request.headers).get('Idempotency-Key'));
    assert.equal(new Set(keys).size, 1, `after ${faults.hit}: ${keys}`);
    if (keys.length > 1) doubled.push(faults.hit ?? '');
    await world.close();
  }
  assert.deepEqual(doubled, ['answer']);
});
