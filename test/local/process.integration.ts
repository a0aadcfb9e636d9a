/** The local process as a user starts it: flags, routes, reload, signals, and what it refuses. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, afterEach, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

const project = resolve(import.meta.dirname, '..', '..');
const folder = mkdtempSync(join(tmpdir(), 'tocsin-process-'));
const config = join(folder, 'config');
const children = new Set<ChildProcess>();
let runs = 0;

interface Running {
  readonly url: string;
  readonly child: ChildProcess;
  readonly readyAfterMs: number;
  stderr(): string;
}

function launch(args: readonly string[]): {
  readonly child: ChildProcess;
  readonly out: () => string;
  readonly err: () => string;
} {
  const child = spawn(join(project, 'node_modules', '.bin', 'node'), [join(project, 'lib/local/launch.ts'), ...args], {
    cwd: folder,
    env: { PATH: process.env['PATH'] },
  });
  children.add(child);
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk) => {
    out += chunk;
  });
  child.stderr.on('data', (chunk) => {
    err += chunk;
  });
  return { child, out: () => out, err: () => err };
}

interface StartOptions {
  readonly auth?: string;
  readonly host?: string;
  /** Folder of an earlier run; a new one otherwise. */
  readonly data?: string;
}

async function start({ auth, host = '127.0.0.1', data }: StartOptions = {}): Promise<Running> {
  runs += 1;
  const begun = performance.now();
  const args = ['--config', config, '--data', data ?? `data-${runs}`, '--listen', `${host}:0`];
  const { child, out, err } = launch(auth === undefined ? args : [...args, '--auth', auth]);
  for (;;) {
    const url = /answers at (http:[^\s)]+)/.exec(out())?.[1]?.replace('0.0.0.0', '127.0.0.1');
    if (url !== undefined) return { url, child, readyAfterMs: performance.now() - begun, stderr: err };
    if (child.exitCode !== null) throw new Error(`exited with ${child.exitCode}: ${err()}`);
    await sleep(5);
  }
}

async function refused(args: readonly string[]): Promise<string> {
  const { child, err } = launch(args);
  const [code] = await once(child, 'close');
  assert.equal(code, 1);
  return err();
}

async function stop({ child }: Running): Promise<number | null> {
  child.kill('SIGTERM');
  const [code] = await once(child, 'exit');
  return code;
}

function resetConfig(): void {
  rmSync(config, { recursive: true, force: true });
  // Typed rules import their types from the project: they stay there.
  cpSync(join(project, 'config'), config, { recursive: true, filter: (path) => !path.endsWith('.ts') });
}

resetConfig();
afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
  children.clear();
  resetConfig();
});
after(() => rmSync(folder, { recursive: true }));

describe('starting and stopping', () => {
  test('ready in less than a second, one line says where', async () => {
    // The first start of a clone compiles everything once.
    await stop(await start());
    const running = await start();
    console.log(`ready after ${running.readyAfterMs.toFixed(0)} ms`);
    assert.ok(running.readyAfterMs < 1_000, `ready after ${running.readyAfterMs} ms`);
    for (const path of ['/-/healthy', '/-/ready', '/live', '/ready', '/health', '/metrics']) {
      assert.equal((await fetch(running.url + path)).status, 200, path);
    }
    assert.equal((await fetch(`${running.url}/nowhere`)).status, 404);
    assert.equal(await stop(running), 0);
  });

  test('SIGTERM answers what has begun, then ends with 0', async () => {
    const running = await start();
    const replies = Array.from({ length: 20 }, () =>
      fetch(`${running.url}/health/detailed`).then((reply) => reply.status),
    );
    await Promise.race(replies);
    const code = await stop(running);
    const answered = (await Promise.allSettled(replies)).filter(({ status }) => status === 'fulfilled');
    assert.equal(code, 0);
    assert.ok(answered.length >= 1);
  });

  test('the schedule runs at once, and its evaluations are handled', async () => {
    const running = await start();
    for (let tries = 0; ; tries++) {
      const text = await (await fetch(`${running.url}/health/detailed`)).text();
      if (/"last_evaluation_age_seconds":\d/.test(text)) break;
      assert.ok(tries < 200, 'no rule group was evaluated within 20 s');
      await sleep(100);
    }
    assert.equal(await stop(running), 0);
    assert.doesNotMatch(running.stderr(), /"level":"error"/);
  });
});

describe('refusals', () => {
  test('an unknown flag, an open address, a taken port and a missing folder are said in one line', async () => {
    assert.match(
      await refused(['--confg', 'x']),
      /^--confg: unknown flag; flags are --config, --data, --listen, --auth/,
    );
    assert.match(await refused(['--listen', '0.0.0.0:9095']), /^--listen: would let in everyone .* --auth FILE/);
    assert.match(await refused(['--config', '/nonexistent']), /^\/nonexistent does not exist\n$/);
    const running = await start();
    const taken = ['--config', config, '--data', 'data-taken', '--listen', new URL(running.url).host];
    assert.match(await refused(taken), /^another process listens there already/);
    await stop(running);
  });

  test('a configuration with mistakes is refused with all of them', async () => {
    writeFileSync(
      join(config, 'rules', 'bad.yml'),
      'groups:\n  - name: a\n    rules:\n      - alert: A\n        expr: sum(\n',
    );
    writeFileSync(join(config, 'tocsin.yml'), 'log: { level: loud }\n');
    assert.match(await refused(['--config', config, '--data', 'data-bad']), /tocsin\.yml:1:\d+ log\.level/);
    writeFileSync(join(config, 'tocsin.yml'), '');
    writeFileSync(join(config, 'alertmanager.yml'), 'route: { receiver: nobody }\nreceivers: [ { name: x } ]\n');
    const message = await refused(['--config', config, '--data', 'data-bad']);
    assert.match(message, /rules\/bad\.yml/);
    assert.match(message, /alertmanager\.yml/);
  });

  test('a web page that rebinds its name to loopback is turned away', async () => {
    const running = await start();
    const { hostname, port } = new URL(running.url);
    const { request } = await import('node:http');
    const asked = request({ hostname, port, path: '/health', headers: { host: 'evil.example' } }).end();
    const [reply] = await once(asked, 'response');
    assert.equal(reply.statusCode, 421);
    reply.resume();
    await stop(running);
  });
});

describe('reload', () => {
  test('POST /-/reload takes a good configuration; a bad one answers 500 with its mistakes, and the running one stays', async () => {
    const running = await start();
    const reload = async (): Promise<[status: number, text: string]> => {
      const reply = await fetch(`${running.url}/-/reload`, { method: 'POST' });
      return [reply.status, await reply.text()];
    };
    const groups = async (): Promise<string> => (await fetch(`${running.url}/api/v1/rules`)).text();
    writeFileSync(
      join(config, 'rules', 'more.yml'),
      'groups: [ { name: more, rules: [ { record: "a:b", expr: vector(1) } ] } ]\n',
    );
    assert.deepEqual(await reload(), [200, '']);
    assert.match(await groups(), /"more"/);
    writeFileSync(
      join(config, 'rules', 'more.yml'),
      'groups: [ { name: worse, rules: [ { record: "a b", expr: "(" } ] } ]\n',
    );
    const [status, text] = await reload();
    assert.equal(status, 500);
    assert.match(text, /rules\/more\.yml:1:/);
    assert.match(await groups(), /"more"/);
    await stop(running);
  });

  test('SIGHUP reloads, too', async () => {
    const running = await start();
    const { child } = running;
    child.kill('SIGHUP');
    while (!running.stderr().includes('configuration reloaded')) await sleep(10);
    writeFileSync(join(config, 'tocsin.yml'), 'unknown: 1\n');
    child.kill('SIGHUP');
    while (!running.stderr().includes('configuration not reloaded')) await sleep(10);
    assert.equal((await fetch(`${running.url}/live`)).status, 200);
    await stop(running);
  });
});

describe('who may call', () => {
  test('with a list of callers it may listen anywhere, and asks', async () => {
    const hash = createHash('sha256').update('s3cret').digest('hex');
    writeFileSync(
      join(folder, 'callers.txt'),
      `prometheus ingest sha256:${hash}\nboss admin sha256:${hash.replace(/^./, 'f')}\n`,
    );
    const running = await start({ auth: 'callers.txt', host: '0.0.0.0' });
    const push = (authorization: string): Promise<number> =>
      fetch(`${running.url}/api/v1/push`, {
        method: 'POST',
        headers: { authorization, 'content-type': 'text/plain' },
        body: 'a 1\n',
      }).then((reply) => reply.status);
    assert.equal((await fetch(`${running.url}/live`)).status, 200);
    assert.equal((await fetch(`${running.url}/health`)).status, 401);
    assert.equal(await push('Bearer wrong'), 401);
    assert.ok((await push('Bearer s3cret')) < 300);
    assert.ok((await push(`Basic ${Buffer.from('prometheus:s3cret').toString('base64')}`)) < 300);
    const health = await fetch(`${running.url}/health`, { headers: { authorization: 'Bearer s3cret' } });
    assert.equal(health.status, 403);
    assert.doesNotMatch(running.stderr(), /s3cret/);
    await stop(running);
  });
});

test('kill -9 loses no acknowledged sample', async () => {
  const first = await start({ data: 'data-kill' });
  const push = await fetch(`${first.url}/api/v1/push`, {
    method: 'POST',
    headers: { 'content-type': 'text/plain' },
    body: 'kept{a="b"} 42\n',
  });
  assert.ok(push.status < 300);
  first.child.kill('SIGKILL');
  await once(first.child, 'exit');
  const again = await start({ data: 'data-kill' });
  const answer = await (await fetch(`${again.url}/api/v1/query?query=kept`)).text();
  assert.match(answer, /"42"/);
  await stop(again);
});
