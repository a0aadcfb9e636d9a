import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { groups as queueGroups } from '../../config/rules/queues.ts';
import { STABLE_FEATURES } from '../../lib/promql/features.ts';
import { readRuleFiles } from '../../lib/rules/rule-file.ts';
import { runRules } from './rule-run.ts';

const folder = new URL('../../config/rules/', import.meta.url);
const names = readdirSync(folder).filter((name) => name.endsWith('.yml'));
const texts = new Map(names.map((name) => [`rules/${name}`, readFileSync(new URL(name, folder), 'utf8')]));
const modules = new Map([['rules/queues.ts', { groups: queueGroups }]]);
const defaults = { intervalMs: 60_000, queryOffsetMs: 0, features: STABLE_FEATURES };
const { groups, notices } = readRuleFiles({ texts, modules }, ['rules/*.yml', 'rules/*.ts'], defaults);

test('the shipped rules load without a notice', () => {
  assert.deepEqual(notices, []);
  assert.ok(groups.length >= 3);
});

/** Series an hour long, one value a minute: `up` is there unless a case is about it. */
const healthy = 'up{job="node"} 1x60';
const cases: readonly (readonly [
  alert: string,
  fires: readonly string[],
  quiet: readonly string[],
  summary: string,
])[] = [
  ['NoSamplesArrive', ['up{job="node"} 1x10'], [healthy], 'No scraped samples have arrived for more than 15 minutes'],
  [
    'RuleGroupLate',
    [
      healthy,
      'tocsin_rule_group_last_evaluation_timestamp_seconds{file="f",group="g"} 0x60',
      'tocsin_rule_group_interval_seconds{file="f",group="g"} 60x60',
    ],
    [
      healthy,
      'tocsin_rule_group_last_evaluation_timestamp_seconds{file="f",group="g"} 0+60x60',
      'tocsin_rule_group_interval_seconds{file="f",group="g"} 60x60',
    ],
    'Rule group g was last evaluated 1h 0m 0s ago',
  ],
  [
    'HealthCheckFails',
    [healthy, 'tocsin_health_check_up{check="table"} 0x60'],
    [healthy, 'tocsin_health_check_up{check="table"} 1 0 1x60'],
    'Health check table fails',
  ],
  [
    'NotificationsGivenUp',
    [healthy, 'tocsin_queue_dead_letters{queue="notify"} 3x60'],
    [healthy, 'tocsin_queue_dead_letters{queue="notify"} 0x60'],
    '3 notifications could not be delivered',
  ],
  [
    'MessagesGivenUp',
    [healthy, 'tocsin_queue_dead_letters{queue="flush"} 1x60'],
    [healthy, 'tocsin_queue_dead_letters{queue="flush"} 0x60', 'tocsin_queue_dead_letters{queue="notify"} 1x60'],
    '1 messages of the queue flush could not be worked off',
  ],
  [
    'QueueGrows',
    [healthy, 'tocsin_queue_messages{queue="notify"} 0+100x60'],
    [healthy, 'tocsin_queue_messages{queue="notify"} 9000-100x60'],
    '6000 messages wait in the queue notify, and they become more',
  ],
  [
    'KitchenTooHot',
    [healthy, 'demo_temperature_celsius{room="bakery"} 93x60'],
    [healthy, 'demo_temperature_celsius{room="bakery"} 90x60'],
    'bakery is at 93 °C',
  ],
];

const run = { sampleStepMs: 60_000, evaluateEveryMs: 60_000, untilMs: 60 * 60_000 };

for (const [alert, fires, quiet, summary] of cases) {
  test(`shipped rule ${alert} fires when it should, and only then`, () => {
    const firing = runRules(groups, fires, run).get(run.untilMs)?.get(alert) ?? [];
    assert.deepEqual(
      firing.map(({ annotations }) => annotations['summary']),
      [summary],
    );
    const calm = [...runRules(groups, quiet, run).values()].flatMap((byName) => byName.get(alert) ?? []);
    assert.deepEqual(calm, []);
  });
}

test('every shipped alert has a case', () => {
  const alerts = groups.flatMap(({ rules }) => rules.flatMap(({ kind, name }) => (kind === 'alerting' ? [name] : [])));
  assert.deepEqual(alerts.sort(), cases.map(([alert]) => alert).sort());
});
