/**
 * Whatever is asked, there is an answer within a second and 200 MB: each hostile expression in a fresh process, then all of them at one
 * local process over HTTP. Run: node --test test/promql/hostile.integration.ts
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { emptyFolder, freePort, startTocsin } from '../e2e/processes.ts';
import { HOSTILE_REGEXES, hostileExpressions } from './hostile-expressions.ts';

const SEED = 20_261_121;
const LENGTH = 999_000;
const MAX_MS = 1_000;
const MAX_MB = 200;
/** Of a process that has answered all of them in a row. */
const MAX_SERVER_MB = 300;
/** Other programs of the machine may take the time of one attempt. */
const ATTEMPTS = 3;

interface Taken {
  readonly outcome: string;
  readonly tookMs: number;
  readonly peakMb: number;
}

const run = promisify(execFile);
const regexNames = Object.keys(HOSTILE_REGEXES).flatMap((name) => [name, `${name}, groups`]);
const names = [...Object.keys(hostileExpressions({ seed: SEED, length: LENGTH })), ...regexNames];

/** The quickest of some attempts, and the memory of the one that took most. */
async function takeAlone(name: string): Promise<Taken> {
  let best: Taken = { outcome: '', tookMs: Number.POSITIVE_INFINITY, peakMb: 0 };
  for (let i = 0; i < ATTEMPTS && best.tookMs > MAX_MS; i++) {
    const child = join(import.meta.dirname, 'hostile-child.ts');
    const { stdout } = await run(process.execPath, [child, String(SEED), name]);
    const taken: Taken = JSON.parse(stdout);
    best = { ...taken, tookMs: Math.min(taken.tookMs, best.tookMs), peakMb: Math.max(taken.peakMb, best.peakMb) };
  }
  return best;
}

test('alone in a fresh process', async (t) => {
  const all = [];
  for (const name of names) all.push({ name, ...(await takeAlone(name)) });
  const slowest = all.toSorted((a, b) => b.tookMs - a.tookMs).slice(0, 3);
  const largest = all.toSorted((a, b) => b.peakMb - a.peakMb).slice(0, 3);
  t.diagnostic(
    `${all.length} expressions; slowest: ${slowest.map((one) => `${one.name} ${one.tookMs} ms`).join(', ')}`,
  );
  t.diagnostic(`largest: ${largest.map((one) => `${one.name} ${one.peakMb} MB`).join(', ')}`);
  assert.deepEqual(
    all.filter(({ peakMb, tookMs }) => tookMs > MAX_MS || peakMb > MAX_MB),
    [],
  );
  const refused = all.filter(({ outcome }) => outcome.startsWith('refused: '));
  assert.ok(refused.length > 70, `${refused.length} are refused`);
});

test('one after the other over HTTP', async (t) => {
  const folder = emptyFolder('hostile');
  const config = join(folder, 'config');
  mkdirSync(config);
  writeFileSync(join(config, 'alertmanager.yml'), 'route: { receiver: none }\nreceivers: [{ name: none }]\n');
  const port = await freePort();
  const tocsin = await startTocsin({ config, data: join(folder, 'data'), port });
  t.after(() => tocsin.stop());
  const texts = Object.entries(hostileExpressions({ seed: SEED + 1, length: LENGTH }));
  const slow: string[] = [];
  for (const [name, text] of texts) {
    const body = new URLSearchParams({ query: text() });
    let tookMs = Number.POSITIVE_INFINITY;
    for (let i = 0; i < ATTEMPTS && tookMs > MAX_MS; i++) {
      const startMs = performance.now();
      const reply = await fetch(`http://127.0.0.1:${port}/api/v1/query`, { method: 'POST', body });
      const answer = Object(await reply.json());
      tookMs = performance.now() - startMs;
      assert.ok(answer.status === 'success' || [400, 422].includes(reply.status), `${name}: ${reply.status}`);
      if (answer.status === 'error') assert.ok(answer.error.length > 0 && Array.isArray(answer.issues ?? []), name);
    }
    if (tookMs > MAX_MS) slow.push(`${name}: ${Math.round(tookMs)} ms`);
  }
  assert.deepEqual(slow, []);
  const [, peakKb = '0'] = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${tocsin.child.pid}/status`, 'utf8')) ?? [];
  const peakMb = Math.round(Number(peakKb) / 1024);
  t.diagnostic(`${texts.length} requests of up to a megabyte; the process never had more than ${peakMb} MB`);
  assert.ok(peakMb > 0 && peakMb <= MAX_SERVER_MB, `${peakMb} MB`);
  const alive = await fetch(`http://127.0.0.1:${port}/api/v1/query?query=1`);
  assert.equal(alive.status, 200);
});
