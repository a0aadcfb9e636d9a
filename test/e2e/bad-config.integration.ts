// Wrong folders, flags and stores: the process refuses to start in plain words, tells all mistakes at once, and destroys nothing; a running
// one keeps its configuration.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { attempt } from './hostile.ts';
import { emptyFolder, eventually, freePort, startProgram, startTocsin } from './processes.ts';

type Files = Readonly<Record<string, string>>;

const GOOD: Files = {
  'alertmanager.yml': 'route: { receiver: log }\nreceivers: [{ name: log }]\n',
  'rules/good.yml': 'groups: [{ name: good, rules: [{ record: "a:b", expr: vector(1) }] }]\n',
};
const BAD: Files = {
  'tocsin.yml': 'unknown: 1\nevaluation: { interval: soon }\n',
  'rules/a.yml':
    'groups:\n  - name: a\n    rules:\n      - { alert: X, expr: rate(foo), fro: 5m }\n      - { record: r, expr: sum( }\n',
  'rules/b.ts': 'throw new Error("boom");\n',
  'alertmanager.yml':
    'route: { receiver: nobody, group_waitt: 5s }\nreceivers:\n  - name: chat\n    slack_configs: [{ api_url: "http://s.test/", title: "{{ nofunc }}" }]\n',
};
/** Of each mistake in BAD, how its line begins. */
const TOLD: readonly RegExp[] = [
  /^tocsin\.yml:1:1 unknown: unknown field "unknown"; /m,
  /^tocsin\.yml:2:15 evaluation\.interval: .*write it like 30s/m,
  /^rules\/a\.yml:4:\d+ groups\[0\]\.rules\[0\]\.expr: .*did you mean foo\[5m\]\?/m,
  /^rules\/a\.yml:4:\d+ groups\[0\]\.rules\[0\]\.fro: .*known fields: .*\bfor\b/m,
  /^rules\/a\.yml:5:\d+ groups\[0\]\.rules\[1\]\.expr: .*unclosed left parenthesis/m,
  /^rules\/b\.ts: does not load: boom/m,
  /^alertmanager\.yml:1:\d+ route\.receiver: .*receivers: chat/m,
  /^alertmanager\.yml:1:\d+ route\.group_waitt: .*did you mean group_wait\?/m,
  /^alertmanager\.yml:4:\d+ receivers\[0\]\.slack_configs\[0\]\.title: function "nofunc" not defined/m,
];

function folderOf(files: Files): string {
  const folder = emptyFolder('config');
  write(folder, files);
  return folder;
}

function write(folder: string, files: Files): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}

/** What a start that fails says; it must end with 1, and without our stack. */
async function refusal(...args: readonly string[]): Promise<string> {
  const node = join('node_modules', '.bin', 'node');
  const program = startProgram(node, ['lib/local/launch.ts', '--listen', `127.0.0.1:${await freePort()}`, ...args]);
  const [code] = await once(program.child, 'close');
  assert.equal(code, 1, program.output());
  assert.doesNotMatch(program.output(), /\n\s+at .*\.m?[jt]s:\d+/);
  return program.output();
}

test('every mistake of every file is told at once, and nothing is stored', async () => {
  const store = join(emptyFolder('store'), 'never');
  const said = await refusal('--config', folderOf(BAD), '--data', store);
  for (const mistake of TOLD) assert.match(said, mistake);
  assert.equal(said.trimEnd().split('\n').length, TOLD.length, said);
  assert.throws(() => readFileSync(join(store, 'tocsin.db')), /ENOENT/);
});

test('a reload with mistakes is answered with all of them, and what runs goes on', async (context) => {
  const folder = folderOf(GOOD);
  const port = await freePort();
  const tocsin = await startTocsin({ config: folder, data: emptyFolder('store'), port });
  context.after(() => tocsin.stop());
  const read = async (path: string): Promise<string> => (await attempt(port, { method: 'GET', path })).text;
  write(folder, BAD);
  const reload = await attempt(port, { method: 'POST', path: '/-/reload' });
  assert.equal(reload.status, 500);
  for (const mistake of TOLD) assert.match(reload.text, mistake);
  tocsin.child.kill('SIGHUP');
  const logged = await eventually('the log tells', 10_000, () => {
    return /"configuration not reloaded, the running one stays","error":"(.*)"/.exec(tocsin.output())?.[1] ?? null;
  });
  const told = logged.replaceAll('\\n', '\n').replaceAll('\\"', '"');
  for (const mistake of TOLD) assert.match(told, mistake);
  assert.match(await read('/api/v1/rules'), /"good"/);
  assert.match(await read('/api/v2/status'), /receiver: log/);
  write(folder, {
    ...GOOD,
    'tocsin.yml': '',
    'rules/a.yml': 'groups: []\n',
    'rules/b.ts': 'export const groups = [];\n',
  });
  const again = await attempt(port, { method: 'POST', path: '/-/reload' });
  assert.equal(again.status, 200, again.text);
});

test('a rule module that waits for ever is given up', async () => {
  const said = await refusal('--config', folderOf({ ...GOOD, 'rules/slow.ts': 'await new Promise(() => {});\n' }));
  assert.match(said, /^rules\/slow\.ts: does not load: no answer within 10000 ms\n$/);
});

test('what is not there, in use or no database is named', async () => {
  const config = folderOf(GOOD);
  assert.match(await refusal('--config', join(config, 'nowhere')), /nowhere does not exist\n$/);
  assert.match(await refusal('--config', join(config, 'alertmanager.yml')), /alertmanager\.yml is no folder\n$/);
  assert.match(await refusal('--config', config, '--frobnicate'), /^--frobnicate: unknown flag; flags are /);
  assert.match(
    await refusal('--config', config, '--data', join(config, 'alertmanager.yml')),
    /^the store .* cannot be used: /,
  );
  const store = emptyFolder('store');
  writeFileSync(join(store, 'tocsin.db'), 'this is my diary, not a database');
  assert.match(
    await refusal('--config', config, '--data', store),
    /tocsin\.db cannot be used: file is not a database; nothing was changed/,
  );
  assert.equal(readFileSync(join(store, 'tocsin.db'), 'utf8'), 'this is my diary, not a database');
});

test('a store with damaged pages neither stops the process nor fills the log', async (context) => {
  const store = emptyFolder('store');
  const port = await freePort();
  const start = () => startTocsin({ config: folderOf(GOOD), data: store, port });
  const first = await start();
  await first.stop();
  const file = join(store, 'tocsin.db');
  const bytes = readFileSync(file);
  // The first page holds the schema; all the others are damaged.
  for (let at = 4_096; at < bytes.length; at++) bytes[at] = 0xaa;
  writeFileSync(file, bytes);
  const tocsin = await start();
  context.after(() => tocsin.stop());
  const ready = await attempt(port, { method: 'GET', path: '/-/ready' });
  assert.equal(ready.status, 503);
  assert.match(ready.text, /malformed/);
  const failures = (): number => tocsin.output().split('receive failed').length - 1;
  await eventually('it goes on trying', 10_000, () => (failures() > 4 ? true : null));
  assert.ok(failures() <= 12, `${failures()} lines`);
});
