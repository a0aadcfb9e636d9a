import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { attempt, type Outcome, watch } from './hostile.ts';
import { emptyFolder, eventually, freePort, type RunningProgram, startTocsin } from './processes.ts';

export const TEXT = { 'content-type': 'text/plain' };
export const JSON_BODY = { 'content-type': 'application/json' };
export const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
export const ALERTS = JSON.stringify([{ labels: { alertname: 'Hostile', job: 'x' }, annotations: { summary: 's' } }]);

/** What the functions that take alerts have in all; here the garbage of all attacks together waits to be collected. */
const MAX_RSS_MEGABYTES = 512;
const QUERY_TIMEOUT_MS = 2_000;
/** The longest that one request may keep the others waiting: a query up to its time-out, and the rest of one check. */
const MAX_WAIT_MS = QUERY_TIMEOUT_MS + 2_000;

/** A local process under attack. */
export interface Besieged {
  readonly port: number;
  readonly program: RunningProgram;
  /** Attacks while watching: it lives, keeps to its memory, answers others meanwhile, and works as ever afterwards. */
  survive(name: string, attack: () => Promise<void>, maxRssMegabytes?: number): Promise<void>;
}

export async function startBesieged(): Promise<Besieged> {
  const config = emptyFolder('config');
  mkdirSync(join(config, 'rules'));
  writeFileSync(
    join(config, 'tocsin.yml'),
    `query: { timeout: ${QUERY_TIMEOUT_MS}ms, max_samples: 5000000 }\nlog: { level: warn }\n`,
  );
  writeFileSync(join(config, 'alertmanager.yml'), 'route: { receiver: log }\nreceivers: [{ name: log }]\n');
  writeFileSync(
    join(config, 'rules', 'rules.yml'),
    'groups: [{ name: g, interval: 5s, rules: [{ alert: Good, expr: good_total > 0 }] }]\n',
  );
  const port = await freePort();
  const program = await startTocsin({ config, data: emptyFolder('store'), port });
  let works = 0;

  async function workAsEver(): Promise<void> {
    works += 1;
    const body = `good_total ${works}\n`;
    const push = await attempt(port, { method: 'POST', path: '/api/v1/push', headers: TEXT, body });
    assert.equal(push.status, 204, push.text);
    // After a flood, reading what was stored may take longer than one short query has.
    await eventually('a query answers', 10_000, async () => {
      const answer = await attempt(port, { method: 'GET', path: '/api/v1/query?query=good_total' });
      if (answer.text.includes(`"${works}"`)) return true;
      assert.equal(answer.status, 503, answer.text);
      return null;
    });
    const posted = await attempt(port, { method: 'POST', path: '/api/v2/alerts', headers: JSON_BODY, body: ALERTS });
    assert.equal(posted.status, 200, posted.text);
    const rules = await attempt(port, { method: 'GET', path: '/api/v1/rules' });
    assert.match(rules.text, /"Good"/);
  }

  return {
    port,
    program,
    survive: async (name, attack, maxMegabytes = MAX_RSS_MEGABYTES) => {
      const watching = watch(program.child.pid ?? 0, port);
      await attack().finally(async () => {
        const { failures, maxLiveMs, maxRssMegabytes } = await watching.stop();
        console.log(
          `${name}: at most ${maxRssMegabytes.toFixed(0)} MB, others waited ${maxLiveMs.toFixed(0)} ms at most`,
        );
        assert.deepEqual(failures.slice(0, 3), []);
        assert.equal(program.child.exitCode, null, program.output());
        assert.ok(maxRssMegabytes < maxMegabytes, `${maxRssMegabytes} MB`);
        assert.ok(maxLiveMs < MAX_WAIT_MS, `others waited ${maxLiveMs} ms`);
      });
      await workAsEver();
    },
  };
}

/** Fails unless the answer is 2xx to 4xx, or the time-out of a query. Nothing shows our insides. */
export function requireCalm(what: string, { status, text }: Outcome): void {
  const isTimeOut = status === 503 && text.includes('query timed out');
  assert.ok((status >= 200 && status < 500) || isTimeOut, `${what} answered ${status}: ${text.slice(0, 300)}`);
  assert.doesNotMatch(text, /\.ts:\d+|node:internal/, `${what} shows our insides`);
}
