/** Crash points: whatever a process did last, nothing is lost, and only what was answered and not yet recorded is told twice. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { labelsOf } from '../../lib/model/labels.ts';
import { encodeDispatches } from '../../lib/services/messages.ts';
import { createGroupStore, SOURCES_GROUP } from '../../lib/store/aggregation-groups.ts';
import { createAlertStore } from '../../lib/store/alerts.ts';
import { Crash, countChange, type Faults, withFaults } from '../support/faulty-ports.ts';
import { openWorld } from './routing-world.ts';
import type { Capture } from './scripted-receivers.ts';

const CONFIG = `
global: {resolve_timeout: 1h}
route: {receiver: ops, group_by: [team], group_wait: 1s, group_interval: 65s, repeat_interval: 12h}
inhibit_rules: [{source_matchers: [severity=critical], target_matchers: [severity=warning], equal: [team]}]
receivers: [{name: ops, webhook_configs: [{url: "http://one.test/"}, {url: "http://two.test/", send_resolved: false}]}]
`;
const START_MS = Date.UTC(2026, 0, 5, 9);
const MINUTE_MS = 60_000;
/** The receiver has answered and nothing is recorded yet: the one place where sending again is right. */
const ANSWER = 'answer';

interface Run {
  readonly faults: Faults;
  readonly captures: readonly Capture[];
  readonly state: readonly string[];
}

/** Two teams fire, one of them resolves; the process crashes once at the given call. */
async function run(faults: Faults): Promise<Run> {
  const world = await openWorld({
    config: CONFIG,
    startMs: START_MS,
    flushNotBeforeMs: START_MS,
    deliveries: 1,
    wrap: (ports) => withFaults(ports, faults),
    onOutcome: (phase) => {
      if (phase === 'before') countChange(faults, ANSWER);
    },
    onError: (error) => {
      if (!(error instanceof Crash)) throw error;
    },
  });
  const send = async (alerts: readonly [string, string, number | null][]): Promise<void> => {
    const posted = alerts.map(([team, severity, endsAtMs]) => ({
      labels: labelsOf({ alertname: 'Down', team, severity }),
      annotations: [],
      startsAtMs: START_MS,
      endsAtMs,
      generatorUrl: '',
    }));
    for (const body of encodeDispatches({ receivedAtMs: world.clock.atMs, alerts: posted })) {
      await world.queue
        .send('dispatch', [{ body, delayMs: 0 }])
        .catch(() => world.queue.send('dispatch', [{ body, delayMs: 0 }]));
    }
  };
  await send([
    ['a', 'critical', null],
    ['a', 'warning', null],
    ['b', 'warning', null],
  ]);
  await world.advanceTo(START_MS + 1 * MINUTE_MS);
  await send([['a', 'critical', world.clock.atMs]]);
  await world.advanceTo(START_MS + 2.5 * MINUTE_MS);
  await send([
    ['a', 'warning', world.clock.atMs],
    ['b', 'warning', world.clock.atMs],
  ]);
  await world.advanceTo(START_MS + 6.5 * MINUTE_MS);
  const state = await leftOver(world);
  await world.close();
  return { faults, captures: world.captures, state };
}

/** What should be empty when the story is over. */
async function leftOver(world: Awaited<ReturnType<typeof openWorld>>): Promise<readonly string[]> {
  const groups = createGroupStore(world.table);
  const nowMs = world.clock.atMs;
  const unrouted = await createAlertStore(world.table).listUnrouted(nowMs);
  return [
    ...(await groups.list(nowMs)).map((group) => `group ${group.groupKey}`),
    ...(await groups.members(SOURCES_GROUP, nowMs)).map((id) => `source ${id}`),
    ...unrouted.map(({ sk }) => `unrouted ${sk}`),
  ];
}

const printCapture = ({ hook, attempt, alerts }: Capture): string =>
  `${hook} ${attempt.intent.groupKey} ${attempt.intent.reason}: ${alerts
    .map((alert) => `${alert.endsAtMs === null ? 'firing' : 'resolved'} ${alert.labels.pairs[1]?.[1]}`)
    .join(', ')}`;

const TOLD = [
  'ops/0 {}:{team="a"} all alerts resolved: resolved warning',
  'ops/0 {}:{team="a"} first notification: firing critical',
  'ops/0 {}:{team="a"} new alerts added: resolved critical, firing warning',
  'ops/0 {}:{team="b"} all alerts resolved: resolved warning',
  'ops/0 {}:{team="b"} first notification: firing warning',
  'ops/1 {}:{team="a"} first notification: firing critical',
  'ops/1 {}:{team="a"} new alerts added: firing warning',
  'ops/1 {}:{team="b"} first notification: firing warning',
];

test('without a crash everything is told once and nothing is left behind', async () => {
  const { captures, state } = await run({ calls: 0, at: 0, hit: null });
  assert.deepEqual(captures.map(printCapture).sort(), TOLD);
  assert.deepEqual(state, []);
});

test('a crash after any change loses nothing, and doubles only what was answered and not recorded', async () => {
  const { faults } = await run({ calls: 0, at: 0, hit: null });
  assert.ok(faults.calls > 50, `only ${faults.calls} calls`);
  const wrong: string[] = [];
  let answers = 0;
  for (let at = 1; at <= faults.calls; at++) {
    const crashed = await run({ calls: 0, at, hit: null });
    const told = crashed.captures.map(printCapture).sort();
    const once = [...new Set(told)];
    const doubles = told.length - once.length;
    const isWhole = once.length === TOLD.length && TOLD.every((line) => once.includes(line));
    if (crashed.faults.hit === ANSWER) answers++;
    if (isWhole && crashed.state.length === 0 && doubles === Number(crashed.faults.hit === ANSWER)) continue;
    wrong.push([`call ${at} ${crashed.faults.hit}`, ...told, ...crashed.state].join('\n  '));
  }
  assert.deepEqual(wrong, []);
  assert.equal(answers, TOLD.length);
});

test('a report whose sender saw an error is forgotten whole or routed by the sweep', async () => {
  const outcomes: string[] = [];
  for (let at = 1; at === 1 || outcomes.at(-1) !== 'no crash'; at++) outcomes.push(await postOnce(at));
  assert.deepEqual([...new Set(outcomes)], ['forgotten', 'routed', 'no crash']);
  assert.ok(outcomes.length > 5, `only ${outcomes.length - 1} crash points`);
});

/** Posts one alert while the process dies after its call number `at`, and nobody posts it again. */
async function postOnce(at: number): Promise<string> {
  const faults: Faults = { calls: 0, at, hit: null };
  const world = await openWorld({
    config: CONFIG,
    startMs: START_MS,
    flushNotBeforeMs: START_MS,
    deliveries: 1,
    wrap: (ports) => withFaults(ports, faults),
  });
  const labels = labelsOf({ alertname: 'Down', team: 'a', severity: 'critical' });
  const alert = { labels, annotations: [], startsAtMs: null, endsAtMs: null, generatorUrl: '' };
  await world.post([alert]).catch((error: unknown) => assert.ok(error instanceof Crash));
  if (faults.hit === null) {
    await world.close();
    return 'no crash';
  }
  const isStored = (await createAlertStore(world.table).list(START_MS)).length === 1;
  await world.advanceTo(START_MS + 3 * MINUTE_MS);
  const isTold = world.captures.length === 2;
  const left = (await createAlertStore(world.table).listUnrouted(world.clock.atMs)).length;
  await world.close();
  if (left > 0 || isTold !== isStored)
    return `after ${faults.hit}: stored ${isStored}, told ${isTold}, ${left} notes left`;
  return isStored ? 'routed' : 'forgotten';
}
