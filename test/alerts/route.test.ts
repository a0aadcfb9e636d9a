import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseAlertmanagerConfig } from '../../lib/alerts/config.ts';
import { listRoutes, matchRoutes, type Route } from '../../lib/alerts/route.ts';
import { labelsOf } from '../../lib/model/labels.ts';

const names = ['root', 'db', 'db-critical', 'web', 'audit', 'night'];

function tree(route: string): Route {
  const receivers = names.map((name) => ({ name }));
  const yaml = `route:${route}\nreceivers: ${JSON.stringify(receivers)}\n`;
  return parseAlertmanagerConfig(yaml, { file: null }).route;
}

const teams = tree(`
  receiver: root
  group_by: [alertname]
  group_wait: 10s
  routes:
  - matchers: [audit="yes"]
    receiver: audit
    continue: true
  - matchers: [team="db"]
    receiver: db
    group_by: ['...']
    repeat_interval: 1h
    routes:
    - matchers: [severity="critical"]
      receiver: db-critical
      group_interval: 1m
    - matchers: [severity!="critical"]
  - match: {team: web}
    receiver: web
    group_by: []
  - match_re: {team: "we.*"}
    receiver: night
`);

test('an alert goes to the deepest matching routes, in the order of the tree', () => {
  const expected: readonly (readonly [labels: Record<string, string>, receivers: readonly string[]])[] = [
    [{}, ['root']],
    [{ team: 'x' }, ['root']],
    [{ team: 'db' }, ['db']],
    [{ team: 'db', severity: 'critical' }, ['db-critical']],
    [{ team: 'web' }, ['web']],
    [{ team: 'west' }, ['night']],
    [{ audit: 'yes' }, ['audit']],
    [{ audit: 'yes', team: 'db', severity: 'critical' }, ['audit', 'db-critical']],
  ];
  for (const [labels, receivers] of expected) {
    assert.deepEqual(
      matchRoutes(teams, labelsOf(labels)).map((route) => route.receiver),
      receivers,
      JSON.stringify(labels),
    );
  }
});

test('children inherit all but matchers, continue and time intervals', () => {
  assert.deepEqual(
    listRoutes(teams).map((route) => [
      route.receiver,
      route.groupBy,
      route.groupWaitMs,
      route.groupIntervalMs,
      route.repeatIntervalMs,
      route.continues,
    ]),
    [
      ['root', ['alertname'], 10_000, 300_000, 14_400_000, false],
      ['audit', ['alertname'], 10_000, 300_000, 14_400_000, true],
      ['db', 'all', 10_000, 300_000, 3_600_000, false],
      ['db-critical', 'all', 10_000, 60_000, 3_600_000, false],
      ['db', 'all', 10_000, 300_000, 3_600_000, false],
      ['web', [], 10_000, 300_000, 14_400_000, false],
      ['night', ['alertname'], 10_000, 300_000, 14_400_000, false],
    ],
  );
});

test('a route is keyed by the matchers on its way, and identified by its positions as well', () => {
  assert.deepEqual(
    listRoutes(teams).map(({ key, id }) => [key, id]),
    [
      ['{}', '{}'],
      ['{}/{audit="yes"}', '{}/{audit="yes"}/0'],
      ['{}/{team="db"}', '{}/{team="db"}/1'],
      ['{}/{team="db"}/{severity="critical"}', '{}/{team="db"}/1/{severity="critical"}/0'],
      ['{}/{team="db"}/{severity!="critical"}', '{}/{team="db"}/1/{severity!="critical"}/1'],
      ['{}/{team="web"}', '{}/{team="web"}/2'],
      ['{}/{team=~"we.*"}', '{}/{team=~"we.*"}/3'],
    ],
  );
});

test('matchers of a route are ordered by name, value and operator', () => {
  const route = tree('\n  receiver: root\n  routes: [{matchers: ["b=1,a!=2", "a=2"], match: {a: "1"}}]').routes[0];
  assert.equal(route?.key, '{}/{a="1",a="2",a!="2",b="1"}');
});

test('time intervals belong to the route that names them alone', () => {
  const yaml = `route: {receiver: root, routes: [{receiver: root, mute_time_intervals: [n], active_time_intervals: [n], routes: [{continue: true}]}]}
receivers: [{name: root}]
mute_time_intervals: [{name: n, time_intervals: []}]
`;
  const { route } = parseAlertmanagerConfig(yaml, { file: null });
  assert.deepEqual(
    listRoutes(route).map((each) => [each.muteTimeIntervals, each.activeTimeIntervals]),
    [
      [[], []],
      [['n'], ['n']],
      [[], []],
    ],
  );
});
