import assert from 'node:assert/strict';
import { test } from 'node:test';
import { STABLE_FEATURES } from '../../lib/promql/features.ts';
import { readRuleFile } from '../../lib/rules/rule-file.ts';
import type { RuleDefaults } from '../../lib/rules/rule-group.ts';
import { defineGroups, readRuleModule, type TypedGroup } from '../../lib/rules/typed-rules.ts';

const defaults: RuleDefaults = { intervalMs: 60_000, queryOffsetMs: 0, features: STABLE_FEATURES };

const typed = defineGroups([
  {
    name: 'api',
    interval: '30s',
    queryOffset: '1m30s',
    limit: 20,
    labels: { team: 'platform' },
    rules: [
      {
        name: 'HighLatency',
        query: 'http_request_duration_p99 > 1.0',
        duration: '5m',
        keepFiringFor: '10m',
        severity: 'warning',
        labels: { service: 'api' },
        annotations: { summary: 'P99 is {{ $value }} s' },
        runbook: 'https://runbooks.example.org/high-latency',
      },
      { name: 'Down', expression: 'up == 0', severity: 'critical' },
      { record: 'job:errors:rate5m', query: 'sum by (job) (rate(errors_total[5m]))', labels: { team: 'sre' } },
    ],
  },
]);

const yaml = `
groups:
  - name: api
    interval: 30s
    query_offset: 1m30s
    limit: 20
    labels: {team: platform}
    rules:
      - alert: HighLatency
        expr: http_request_duration_p99 > 1.0
        for: 5m
        keep_firing_for: 10m
        labels: {service: api, severity: warning}
        annotations: {summary: 'P99 is {{ $value }} s', runbook_url: https://runbooks.example.org/high-latency}
      - {alert: Down, expr: up == 0, labels: {severity: critical}}
      - {record: 'job:errors:rate5m', expr: 'sum by (job) (rate(errors_total[5m]))', labels: {team: sre}}
`;

test('typed rules and YAML give the same groups', () => {
  const fromModule = readRuleModule('rules/api', { groups: typed }, defaults);
  const fromFile = readRuleFile('rules/api', yaml, defaults);
  assert.deepEqual(fromModule.issues, []);
  // Matchers hold functions, which are never equal; their text is in `query`.
  const plain = (groups: unknown): unknown => JSON.parse(JSON.stringify(groups));
  assert.deepEqual(plain(fromModule.groups), plain(fromFile.groups));
});

test('the compiler refuses what is no rule', () => {
  const wrong: readonly TypedGroup[] = [
    {
      name: 'wrong',
      // @ts-expect-error: not a duration
      interval: 'soon',
      rules: [
        // @ts-expect-error: no such severity
        { name: 'A', query: 'up', severity: 'worst' },
        // @ts-expect-error: no query
        { name: 'B', severity: 'info' },
        // @ts-expect-error: two queries
        { name: 'C', query: 'up', expression: 'up', severity: 'info' },
        // @ts-expect-error: recording rules have no severity
        { record: 'd', query: 'up', severity: 'info' },
      ],
    },
  ];
  const { groups, issues } = readRuleModule('rules/wrong.ts', { groups: wrong }, defaults);
  assert.equal(groups.length, 0);
  assert.deepEqual(
    issues.map(({ path, message }) => `${path}: ${message}`),
    ['groups[0].interval: not a valid duration string: "soon"'],
  );
});

const mistakes: readonly (readonly [what: string, rules: unknown, expected: readonly string[]])[] = [
  [
    'a severity off the scale',
    [{ name: 'A', query: 'up', severity: 'worst' }],
    [
      'groups[0].rules[0].severity: invalid option: expected one of "critical"|"high"|"error"|"medium"|"warning"|"low"|"info"',
    ],
  ],
  [
    'two queries, and none',
    [
      { name: 'A', query: 'up', expression: 'up', severity: 'info' },
      { name: 'B', severity: 'info' },
    ],
    [
      'groups[0].rules[0]: only one of query and expression must be set',
      'groups[0].rules[1].expr: group "g", rule 1, "B": field \'expr\' must be set in rule',
    ],
  ],
  [
    'a query, a template and a duration that do not parse',
    [
      { name: 'A', query: 'rate(up)', severity: 'info' },
      { name: 'B', query: 'up', severity: 'info', annotations: { summary: '{{ nofunc }}' } },
      { name: 'C', query: 'up', severity: 'info', duration: '1.5h' },
    ],
    [
      'groups[0].rules[2].duration: unknown unit "." in duration "1.5h"',
      'groups[0].rules[0].expr: group "g", rule 1, "A": could not parse expression: 1:6: parse error: expected type range vector in call to function "rate", got instant vector',
      'groups[0].rules[1].annotations.summary: group "g", rule 2, "B": annotation "summary": template: __alert_B:1: function "nofunc" not defined',
    ],
  ],
  [
    'fields nobody knows, and a runbook that is no address',
    [{ name: 'A', query: 'up', severity: 'info', team: 'x', runbook: 'see wiki' }],
    ['groups[0].rules[0].runbook: invalid URL', 'groups[0].rules[0]: unrecognized key: "team"'],
  ],
];

for (const [what, rules, expected] of mistakes) {
  test(`refused when it is loaded: ${what}`, () => {
    const { groups, issues } = readRuleModule('rules/g.ts', { groups: [{ name: 'g', rules }] }, defaults);
    assert.deepEqual(
      issues.map(({ path, message }) => `${path}: ${message}`),
      expected,
    );
    assert.deepEqual([...new Set(issues.map(({ file }) => file))], ['rules/g.ts']);
    assert.equal(groups.length, 0);
  });
}

test('a module without groups is refused with what to export', () => {
  const { issues } = readRuleModule('rules/g.ts', { rules: [] }, defaults);
  assert.deepEqual(
    issues.map(({ path, message }) => `${path}: ${message}`),
    ['groups: export const groups = defineGroups([…])'],
  );
});
