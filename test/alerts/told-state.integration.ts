// The local process is killed (SIGKILL) at random instants while scripts run, and sometimes stays away for longer than a flush may
// last. At the end every receiver must have been told last what is true: firing alerts firing, and of those that were told firing and
// have resolved, that they have. A message may come twice, under one Idempotency-Key.
//   TOCSIN_SEEDS=200-239  plays other scripts than those that are always played.
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { emptyFolder, eventually, freePort, type RunningProgram, startTocsin } from '../e2e/processes.ts';
import { type Received, startHttpSink } from '../e2e/sinks.ts';
import { createChance } from './differential/chance.ts';
import { renderRouting } from './differential/script.ts';
import { expectedTold, type SurvivalScript, survivalScript, type Told, toldKey } from './differential/survive.ts';

const KILLING_MS = 45_000;
const LONGEST_LIFE_MS = 2_500;
const LONGEST_ANSWER_MS = 800;
/** A flush gives up after ten seconds at least. */
const LONG_ABSENCE_MS = 11_000;
const SETTLES_WITHIN_MS = 120_000;
const HOUR_MS = 3_600_000;

function seeds(): readonly number[] {
  const [first = 1, last = 30] = (process.env['TOCSIN_SEEDS'] ?? '1-30').split('-').map(Number);
  return Array.from({ length: last - first + 1 }, (_, n) => first + n);
}

/** Posts what a script says in its order, each until it is taken. */
async function play({ steps }: SurvivalScript, url: string, beginMs: number): Promise<void> {
  for (const step of steps) {
    if (step.kind !== 'post') continue;
    await sleep(Math.max(0, beginMs + step.atMs - Date.now()));
    const time = (atMs: number): string => new Date(beginMs + atMs).toISOString();
    const body = step.alerts.map(({ labels, annotations, startsAtMs, endsAtMs }) => ({
      labels,
      annotations,
      ...(startsAtMs === null ? {} : { startsAt: time(startsAtMs) }),
      ...(endsAtMs === null ? {} : { endsAt: time(endsAtMs) }),
    }));
    await eventually('the alerts are taken', 60_000, async () => {
      const headers = { 'content-type': 'application/json' };
      const reply = await fetch(`${url}/api/v2/alerts`, { method: 'POST', headers, body: JSON.stringify(body) });
      return reply.ok ? true : null;
    });
  }
}

interface Message {
  readonly groupKey: string;
  readonly alerts: readonly { readonly status: 'firing' | 'resolved'; readonly labels: Record<string, string> }[];
}

/** What each receiver has been told last. */
function toldBy(received: readonly Received[]): Told {
  const told = new Map<string, 'firing' | 'resolved'>();
  for (const { path, body } of received) {
    const { groupKey, alerts } = body as Message; // Webhook payload.
    for (const { status, labels } of alerts) told.set(toldKey(path, groupKey, labels), status);
  }
  return told;
}

function wrongs(expected: Told, told: Told): readonly string[] {
  return [...expected].flatMap(([key, status]) => {
    const last = told.get(key) ?? 'nothing';
    return last === status || (status === 'resolved' && last === 'nothing')
      ? []
      : [`${key}: told ${last}, is ${status}`];
  });
}

/**
 * Messages that say what the one before said, of the same group to the same receiver, under another key. Only of receivers that are told
 * of resolved alerts: to others an alert that fires again is the same message.
 */
function doublesUnderOtherKeys(received: readonly Received[], scripts: readonly SurvivalScript[]): readonly string[] {
  const webhooks = scripts.flatMap(({ routing }) => routing.receivers).flatMap((each) => each.webhook_configs);
  const tellAll = new Set(webhooks.filter((webhook) => webhook.send_resolved).map((webhook) => webhook.path));
  const last = new Map<string, { readonly said: string; readonly key: string }>();
  return received.flatMap(({ path, headers, body }) => {
    const { groupKey, alerts } = body as Message; // Webhook payload.
    const said = JSON.stringify(alerts.map(({ status, labels }) => [status, labels]));
    const key = String(headers['idempotency-key']);
    const before = last.get(path + groupKey);
    last.set(path + groupKey, { said, key });
    return tellAll.has(path) && before?.said === said && before.key !== key ? [`${path} ${groupKey}: ${said}`] : [];
  });
}

test('whenever the process is killed, every receiver is told the truth at last', async (context) => {
  const scripts = seeds().map(survivalScript);
  const chance = createChance(scripts.length);
  const sink = await startHttpSink();
  // Many kills shall fall between a receiver's hearing of a message and its answer.
  sink.answer = () => ({ status: 200, body: 'ok', afterMs: chance.next() * LONGEST_ANSWER_MS });
  const config = emptyFolder('config');
  mkdirSync(join(config, 'rules'));
  const routing = renderRouting(scripts, { sinkPort: sink.port, fullMinute: new Date(HOUR_MS) });
  writeFileSync(join(config, 'alertmanager.yml'), routing);
  const [store, port] = [emptyFolder('store'), await freePort()];
  const start = (): Promise<RunningProgram> => startTocsin({ config, data: store, port });
  let tocsin = await start();
  const beginMs = Date.now();
  const playing = Promise.all(scripts.map((script) => play(script, `http://127.0.0.1:${port}`, beginMs)));
  let kills = 0;
  while (Date.now() < beginMs + KILLING_MS) {
    await sleep(chance.next() * LONGEST_LIFE_MS);
    await tocsin.stop('SIGKILL');
    kills++;
    if (chance.flip(0.15)) await sleep(LONG_ABSENCE_MS);
    tocsin = await start();
  }
  await playing;
  const expected = expectedTold(scripts);
  const left = (): readonly string[] => wrongs(expected, toldBy(sink.received));
  await eventually('all is told', SETTLES_WITHIN_MS, () => (left().length === 0 ? true : null)).catch(() => undefined);
  const keys = new Set(sink.received.map(({ headers }) => headers['idempotency-key']));
  context.diagnostic(
    `${kills} kills, ${scripts.length} scripts, ${expected.size} things to tell, ${sink.received.length} messages, ` +
      `${sink.received.length - keys.size} of them doubles`,
  );
  await tocsin.stop();
  sink.close();
  assert.deepEqual(left(), []);
  assert.deepEqual(doublesUnderOtherKeys(sink.received, scripts), []);
});
