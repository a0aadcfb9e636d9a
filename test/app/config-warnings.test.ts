/** What a configuration may say and probably does not mean is told at the start. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkConfig, logWarnings } from '../../lib/app/check-config.ts';
import type { AppConfig } from '../../lib/app/config.ts';
import { parseSettings } from '../../lib/app/settings.ts';
import { InvalidInput, printIssue } from '../../lib/model/issue.ts';

function configOf(alertmanager: string, tocsin = '', more: Readonly<Record<string, string>> = {}): AppConfig {
  const texts = new Map(Object.entries({ 'alertmanager.yml': alertmanager, 'tocsin.yml': tocsin, ...more }));
  return {
    place: { kind: 'local', storeFolder: ':memory:', authFile: null },
    settings: parseSettings(tocsin, 'tocsin.yml').settings,
    files: { folder: 'config', texts, modules: new Map() },
    externalUrl: 'http://tocsin.test',
  };
}

const withReceiver = (receiver: string): string => `route: {receiver: ops}\nreceivers: [{name: ops, ${receiver}}]`;
const warningsOf = (...parts: Parameters<typeof configOf>): readonly string[] =>
  checkConfig(configOf(...parts)).map(printIssue);

test('integrations that nothing is sent by', () => {
  const [warning = '', ...others] = warningsOf(withReceiver('discord_configs: [{webhook_url: "http://d.test/"}]'));
  assert.deepEqual(others, []);
  assert.match(
    warning,
    /^alertmanager\.yml receiver "ops" discord_configs\[0\]: notifications by discord are not supported yet; /,
  );
});

test('settings that cannot be honoured', () => {
  const oauth2 = 'http_config: {oauth2: {client_id: a, client_secret: b, token_url: "http://t.test/"}}';
  const [warning = ''] = warningsOf(
    withReceiver(`webhook_configs: [{url: "http://a.test/"}, {url: "http://b.test/", ${oauth2}}]`),
  );
  assert.match(warning, /receiver "ops" webhook_configs\[1\]: http_config\.oauth2 is not supported yet/);
});

test('severities that PagerDuty does not know', () => {
  const tocsin = 'receivers: {ops: {severity_map: {critical: critical, low: P4}}}';
  const [warning = '', ...others] = warningsOf(withReceiver('pagerduty_configs: [{routing_key: k}]'), tocsin);
  assert.deepEqual(others, []);
  assert.match(warning, /^tocsin\.yml receivers\.ops\.severity_map\.low: PagerDuty takes no severity "P4"/);
  assert.deepEqual(warningsOf(withReceiver('webhook_configs: [{url: "http://a.test/"}]'), tocsin), []);
});

test('what Alertmanager itself warns of', () => {
  const [warning = ''] = warningsOf(`tracing: {endpoint: x}\n${withReceiver('webhook_configs: []')}`);
  assert.match(warning, /tracing has no effect here/);
});

test('each warning is one line of the log', () => {
  const lines: unknown[] = [];
  const log = { log: (...line: readonly unknown[]) => void lines.push(line) };
  logWarnings(log, checkConfig(configOf(withReceiver('discord_configs: [{webhook_url: "http://d.test/"}]'))));
  assert.equal(lines.length, 1);
  assert.match(JSON.stringify(lines[0]), /^\["warn","configuration",\{"warning":"alertmanager\.yml receiver/);
});

test('mistakes of all files come at once', () => {
  const broken = configOf('route: {receiver: nobody}', '', { 'rules/a.yml': 'groups: 5' });
  assert.throws(
    () => checkConfig(broken),
    (error) => {
      assert.ok(error instanceof InvalidInput);
      assert.deepEqual(new Set(error.issues.map(({ file }) => file)), new Set(['alertmanager.yml', 'rules/a.yml']));
      return true;
    },
  );
});

test('extras of a receiver that does not exist are a mistake', () =>
  assert.throws(() => checkConfig(configOf(withReceiver('webhook_configs: []'), 'receivers: {oops: {log: true}}')), {
    message: 'tocsin.yml receivers.oops: alertmanager.yml has no receiver "oops"; one of ops',
  }));

test('an attempt is never longer than the function that makes it', () => {
  for (const timeout of ['0s', '999ms', '46s', '1h']) {
    const { issues } = parseSettings(`outbound: {timeout: ${timeout}}`, 'tocsin.yml');
    assert.deepEqual(issues.map(printIssue), ['tocsin.yml:1:12 outbound.timeout: must be between 1s and 45s']);
  }
});
