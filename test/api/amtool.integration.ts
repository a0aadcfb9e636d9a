import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { requiredFolder } from '../e2e/processes.ts';
import { startPeers } from './peers.ts';

const routing = `
global: {resolve_timeout: 1h}
route:
  receiver: default
  group_by: [alertname]
  routes:
  - {receiver: dba, matchers: ['team="dba"'], group_by: ['...'], continue: true, mute_time_intervals: [night]}
  - {receiver: pager, match_re: {severity: "critical|error"}}
receivers:
- name: default
- {name: dba, labels: {owner: team-dba}}
- name: pager
  webhook_configs: [{url: 'http://user:hidden@127.0.0.1:9/hook', max_alerts: 3}]
  pagerduty_configs: [{routing_key: hidden, details: {team: '{{ .CommonLabels.team }}'}}]
inhibit_rules: [{source_matchers: ['severity="critical"'], target_matchers: ['severity="warning"'], equal: [cluster]}]
time_intervals: [{name: night, time_intervals: [{times: [{start_time: "22:00", end_time: "24:00"}], weekdays: ['monday:friday']}]}]
`;

const peers = await startPeers(routing);
after(() => peers.stop());

interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function amtool(url: string, args: readonly string[]): Outcome {
  const run = spawnSync(join(requiredFolder('TOCSIN_PEERS'), 'amtool'), ['--alertmanager.url', url, ...args], {
    encoding: 'utf8',
  });
  assert.equal(run.error, undefined);
  return { status: run.status, stdout: run.stdout, stderr: run.stderr };
}

/** Without what two runs differ in: ids, instants, addresses. */
function comparable({ status, stdout, stderr }: Outcome): Outcome {
  const clean = (text: string): string =>
    text
      .replace(/\b[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}\b/g, 'ID')
      .replace(/\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?( UTC|Z)/g, 'AT')
      .replaceAll(peers.ourUrl, 'URL')
      .replaceAll(peers.realUrl, 'URL');
  return { status, stdout: clean(stdout), stderr: clean(stderr) };
}

/** Runs a command against both and demands the same output; returns ours and the real one. */
function both(...args: readonly string[]): { readonly ours: Outcome; readonly real: Outcome } {
  const ours = amtool(peers.ourUrl, args);
  const real = amtool(peers.realUrl, args);
  assert.deepEqual(comparable(ours), comparable(real), args.join(' '));
  return { ours, real };
}

/** The same where ids are part of the command: `ID` stands for the id that each side gave out. */
function bothWithId(ids: { readonly ours: string; readonly real: string }, ...args: readonly string[]): Outcome {
  const ours = amtool(
    peers.ourUrl,
    args.map((arg) => (arg === 'ID' ? ids.ours : arg)),
  );
  const real = amtool(
    peers.realUrl,
    args.map((arg) => (arg === 'ID' ? ids.real : arg)),
  );
  assert.deepEqual(comparable(ours), comparable(real), args.join(' '));
  return ours;
}

test('alerts are added and queried', () => {
  both('alert', 'add', 'Down', 'severity=critical', 'cluster=a', 'team=dba', '--annotation=summary=is down');
  both(
    'alert',
    'add',
    'alertname=Slow',
    'severity=warning',
    'cluster=a',
    '--start=2026-01-01T00:00:00Z',
    '--end=2099-01-01T00:00:00Z',
  );
  both('alert', 'add', 'Braces', 'text={a,b}', '--generator-url=http://p/g');
  both('alert', 'add', 'severity');
  const { ours } = both('alert', 'query');
  assert.match(ours.stdout, /Down/);
  assert.match(ours.stdout, /active/);
  both('alert', 'query', 'Down');
  both('alert', 'query', 'alertname=Slow');
  both('alert', 'query', 'alertname=~"Do.*|Sl.*"', '-o', 'extended');
  both('alert', 'query', 'text="{a,b}"', '-o', 'simple');
  both('alert', 'query', '--inhibited');
  both('alert', 'query', '--active');
  both('alert', 'query', '--receiver=dba');
  both('alert', 'query', 'severity=~"["');
});

test('silences are added, queried, updated, expired, exported and imported', () => {
  const added = both('silence', 'add', 'Down', '--comment=deploy', '--author=me', '--duration=2h');
  const ids = { ours: added.ours.stdout.trim(), real: added.real.stdout.trim() };
  assert.match(ids.ours, /^[0-9a-f-]{36}$/);
  both(
    'silence',
    'add',
    'severity=~"warn.*"',
    'cluster!=b',
    '--comment=c',
    '--author=me',
    '--start=2090-01-01T00:00:00Z',
    '--duration=1h',
  );
  both('silence', 'add', '--comment=none', '--author=me');
  both('silence', 'add', 'a=~"("', '--comment=c', '--author=me');
  both('silence', 'add', 'a=~".*"', '--comment=c', '--author=me');
  both('silence', 'query');
  both('silence', 'query', '-o', 'extended', 'alertname=Down');
  both('silence', 'query', '-q');
  both('alert', 'query', '--silenced');
  both('alert', 'query', '--unprocessed');
  bothWithId(ids, 'silence', 'query', '--id=ID');
  bothWithId(ids, 'silence', 'update', 'ID', '--comment=longer', '--duration=3h');
  bothWithId(ids, 'silence', 'expire', 'ID');
  bothWithId(ids, 'silence', 'expire', 'ID');
  both('silence', 'expire', '00000000-0000-4000-8000-000000000000');
  both('silence', 'expire', 'nonsense');
  both('silence', 'query', '--expired', '-o', 'simple');
  both('alert', 'query', '--silenced');
});

test('exported silences are imported, and bad ones are refused', () => {
  const files = { exported: 'export.json', bad: 'bad.json', zero: 'zero.json', partial: 'partial.json' };
  const path = (name: string): string => join(peers.folder, name);
  const { ours } = both('silence', 'query', '--expired', '-o', 'json', 'alertname=Down');
  const [first] = JSON.parse(ours.stdout);
  const renewed = { ...first, id: '', endsAt: '2099-01-01T00:00:00.000Z' };
  writeFileSync(path(files.exported), JSON.stringify([renewed]));
  writeFileSync(path(files.bad), '{');
  writeFileSync(
    path(files.zero),
    JSON.stringify([{ ...renewed, startsAt: '0001-01-01T00:00:00Z', endsAt: '0001-01-01T00:00:00Z' }]),
  );
  writeFileSync(path(files.partial), JSON.stringify([renewed, { ...renewed, endsAt: '2000-01-01T00:00:00.000Z' }]));
  both('silence', 'import', path(files.exported));
  for (const file of [files.bad, files.zero, files.partial]) both('silence', 'import', '--worker=1', path(file));
  both('silence', 'query', '-o', 'simple', 'alertname=Down');
});

test('the configuration and its routes are shown and tested', () => {
  const { ours } = both('config', 'show');
  assert.match(ours.stdout, /receivers:/);
  assert.equal(ours.stdout.includes('hidden'), false);
  both('config', 'routes', 'show');
  both('config', 'routes', 'test', 'team=dba', 'severity=critical');
  both('config', 'routes', 'test', 'team=web');
  both('config', 'routes', 'test', '--tree', 'team=dba', 'severity=error');
  both('config', 'routes', 'test', '--verify.receivers=dba,pager', 'team=dba', 'severity=critical');
  both('config', 'routes', 'test', '--verify.receivers=pager', 'team=dba');
  const refused = both('config', 'routes', 'test', '{foo=bar}');
  assert.equal(refused.ours.status, 1);
  both('cluster', 'show');
});
