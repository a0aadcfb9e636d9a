/** The configuration that is shipped: as it stands, and with the example of routing by severity taken out of its comments. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parseAlertmanagerConfig } from '../../lib/alerts/config.ts';
import { matchRoutes } from '../../lib/alerts/route.ts';
import { checkConfig } from '../../lib/app/check-config.ts';
import { readAppConfig } from '../../lib/app/config.ts';
import { parseSettings } from '../../lib/app/settings.ts';
import { labelsOf } from '../../lib/model/labels.ts';
import { mappedSeverity } from '../../lib/notify/severity.ts';
import { alertOf } from '../notify/planning.ts';

const folder = fileURLToPath(new URL('../../config/', import.meta.url)).replace(/\/$/, '');
const shipped = (name: string): string => readFileSync(`${folder}/${name}`, 'utf8');

test('the shipped configuration is whole, and nothing in it is doubtful', async () =>
  assert.deepEqual(checkConfig(await readAppConfig({ TOCSIN_CONFIG: folder }, 'v=0')), []));

/** As the comment asks: delete everything above, take away the "# ". */
function example(): string {
  const lines = shipped('alertmanager.yml').split('\n');
  const start = lines.indexOf('# global:');
  assert.ok(start > 0, 'the example begins with global');
  return lines
    .slice(start)
    .map((line) => line.replace(/^# ?/, ''))
    .join('\n');
}

suite('the example of routing by severity', () => {
  const config = parseAlertmanagerConfig(example(), { file: 'alertmanager.yml' });
  const { settings, issues } = parseSettings(
    shipped('tocsin.yml').replace(/^ {2}# (everyone:| {2})/gm, '  $1'),
    'tocsin.yml',
  );

  test('has its part in tocsin.yml', () => assert.deepEqual(issues, []));

  const told: Readonly<Record<string, readonly string[]>> = {
    critical: ['everyone: email, pagerduty, slack'],
    high: ['everyone: email, pagerduty, slack'],
    medium: ['chat: slack'],
    warning: ['chat: slack'],
    low: ['log: the process log'],
    info: ['log: the process log'],
    '': ['log: the process log'],
  };
  for (const [severity, receivers] of Object.entries(told)) {
    test(`${severity || 'no severity'} goes to ${receivers}`, () => {
      const routes = matchRoutes(config.route, labelsOf({ alertname: 'A', severity }));
      const named = routes.map(({ receiver }) => {
        const { integrations = [] } = config.receivers.find(({ name }) => name === receiver) ?? {};
        const isLogged = settings.receivers[receiver]?.log === true;
        return `${receiver}: ${[...integrations.map(({ kind }) => kind), ...(isLogged ? ['the process log'] : [])].join(', ')}`;
      });
      assert.deepEqual(named, receivers);
    });
  }

  test('the page is resolved where it was sent', () => {
    const resolved = config.receivers.flatMap(({ integrations }) =>
      integrations.map(({ settings: s }) => s.sendResolved),
    );
    assert.deepEqual(resolved, [true, true, true, true]);
  });

  test('PagerDuty is told critical as critical and high as error', () => {
    const map = settings.receivers['everyone']?.severity_map ?? {};
    const words = ['critical', 'high'].map((severity) =>
      mappedSeverity([alertOf({ alertname: 'A', severity })], map, settings.severity),
    );
    assert.deepEqual(words, ['critical', 'error']);
  });

  test('a critical alert mutes the milder ones of the same thing', () => {
    const [rule] = config.inhibitRules;
    assert.deepEqual(rule?.equal, ['alertname', 'job', 'instance']);
  });
});
