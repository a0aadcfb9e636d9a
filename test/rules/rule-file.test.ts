import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InvalidInput, type Issue } from '../../lib/model/issue.ts';
import { STABLE_FEATURES } from '../../lib/promql/features.ts';
import { readRuleFile, readRuleFiles } from '../../lib/rules/rule-file.ts';
import type { RuleDefaults, RuleGroup } from '../../lib/rules/rule-group.ts';
import { wrongFiles } from './rule-file-cases.ts';

const defaults: RuleDefaults = { intervalMs: 60_000, queryOffsetMs: 0, features: STABLE_FEATURES };

function read(text: string): readonly RuleGroup[] {
  const { groups, issues } = readRuleFile('rules/a.yml', text, defaults);
  assert.deepEqual(issues, []);
  return groups;
}

/** "5:15 groups[0].rules[0].expr: text". */
function printed({ line, column, path, message }: Issue): string {
  return `${line === null ? '-' : `${line}:${column}`} ${path}: ${message}`;
}

for (const { what, text, expected } of wrongFiles) {
  test(`refused, each mistake at its place: ${what}`, () => {
    const { groups, issues } = readRuleFile('rules/a.yml', text, defaults);
    assert.deepEqual(issues.map(printed), expected);
    assert.deepEqual(groups, []);
    for (const issue of issues) assert.equal(issue.file, 'rules/a.yml');
  });
}

const unreadable: readonly [text: string, place: string][] = [
  ['groups:\n  - name: "g\n', '3:1'],
  ['groups:\n  - name: g\n\trules: []\n', '3:1'],
  ['groups: [\n', '2:1'],
];
for (const [text, place] of unreadable) {
  test(`refused as no YAML, with line and column: ${JSON.stringify(text)}`, () => {
    const [issue] = readRuleFile('a.yml', text, defaults).issues;
    assert.equal(`${issue?.line}:${issue?.column}`, place);
    assert.match(issue?.message ?? '', /^yaml: line \d+: \S/);
  });
}

test('a likely misspelling is named', () => {
  const { issues } = readRuleFile(
    'a.yml',
    'groups:\n  - name: g\n    rules: [{alert: a, expr: up, label: {}, forr: 1m}]\n',
    defaults,
  );
  assert.deepEqual(
    issues.map(({ hint }) => hint),
    ['did you mean labels?', 'did you mean for?'],
  );
});

test('nothing, no groups and groups without rules are valid', () => {
  assert.deepEqual(read(''), []);
  assert.deepEqual(read('# nothing\n'), []);
  assert.deepEqual(read('groups:\n'), []);
  assert.deepEqual(
    read('groups: [{name: g}, {name: h, rules: ~}, ~]').map(({ name, rules }) => [name, rules]),
    [
      ['g', []],
      ['h', []],
    ],
  );
});

test('every field arrives, defaults are filled in, the canonical query is printed', () => {
  const [first, second] = read(`
groups:
  - name: all
    interval: 30s
    query_offset: 1m30s
    limit: 10
    labels: {team: platform, severity: low}
    rules:
      - alert: A
        expr: sum(rate(errors_total[5m])) by (job)>0.50
        for: 5m
        keep_firing_for: 10m
        labels: {severity: critical}
        annotations: {summary: "{{ $labels.job }}"}
      - record: job:errors
        expr: errors
  - name: defaults
    limit: -5
    interval: 0s
`);
  const { file, name, intervalMs, queryOffsetMs, limit, rules } = first ?? assert.fail('no group');
  assert.deepEqual([file, name, intervalMs, queryOffsetMs, limit], ['rules/a.yml', 'all', 30_000, 90_000, 10]);
  const [alert, record] = rules;
  assert.ok(alert?.kind === 'alerting');
  assert.equal(alert.query, 'sum by (job) (rate(errors_total[5m])) > 0.5');
  assert.deepEqual([alert.forMs, alert.keepFiringForMs], [300_000, 600_000]);
  assert.deepEqual(alert.labels, [
    ['severity', 'critical'],
    ['team', 'platform'],
  ]);
  assert.deepEqual(alert.annotations, [['summary', '{{ $labels.job }}']]);
  assert.deepEqual(record?.labels, [
    ['severity', 'low'],
    ['team', 'platform'],
  ]);
  assert.deepEqual([second?.intervalMs, second?.queryOffsetMs, second?.limit], [60_000, 0, 0]);
});

test('scalars in text fields keep the text they were written with; null is empty', () => {
  const [group] = read(
    'groups: [{name: 010, rules: [{alert: yes, expr: 1, labels: {a: 0x10, b: 1_000, c: On, d: 1.50, e: 1e3, f: 2024-01-02, g: .inf, h: ~, i: "null", 1: x}}]}]',
  );
  assert.equal(group?.name, '010');
  assert.equal(group.rules[0]?.name, 'yes');
  assert.deepEqual(Object.fromEntries(group.rules[0]?.labels ?? []), {
    1: 'x',
    a: '0x10',
    b: '1_000',
    c: 'On',
    d: '1.50',
    e: '1e3',
    f: '2024-01-02',
    g: '.inf',
    h: '',
    i: 'null',
  });
});

test('JSON is read, and a number in any notation is a limit', () => {
  const [group] = read('{"groups":[{"name":"x","limit":5,"rules":[{"alert":"a","expr":"up > 0"}]}]}');
  assert.deepEqual([group?.name, group?.limit, group?.rules[0]?.query], ['x', 5, 'up > 0']);
  const limits = read(
    'groups: [{name: a, limit: 0x10}, {name: b, limit: 1e3}, {name: c, limit: 1.9}, {name: d, limit: +12}, {name: e, limit: 010}]',
  );
  assert.deepEqual(
    limits.map(({ limit }) => limit),
    [16, 1000, 1, 12, 8],
  );
});

test('anchors, aliases and merge keys are followed; a merged field is overridden by the own one', () => {
  const [group] = read(`
groups:
  - name: g
    rules:
      - &base
        alert: &name First
        expr: &expr |
          up == 0
        labels: {severity: critical}
      - <<: *base
        alert: Second
      - {alert: *name, expr: *expr}
`);
  assert.deepEqual(
    group?.rules.map(({ name, query, labels }) => [name, query, labels.length]),
    [
      ['First', 'up == 0', 1],
      ['Second', 'up == 0', 1],
      ['First', 'up == 0', 0],
    ],
  );
});

test('of several documents only the first is used, and that is said', () => {
  const { groups, issues, notices } = readRuleFile('a.yml', 'groups: [{name: g}]\n---\ngroups: []\n', defaults);
  assert.deepEqual([groups.length, issues.length], [1, 0]);
  assert.deepEqual(notices.map(printed), ['3:1 : only the first document of the file is used']);
});

test('a file of aliases that stand for too many rules is refused', () => {
  const rules = `[${Array.from({ length: 300 }, () => '*r').join(', ')}]`;
  const groups = Array.from({ length: 300 }, (_, i) => `  - {name: g${i}, rules: *all}`).join('\n');
  const text = `groups:\n  - {name: g, rules: [&r {alert: a, expr: up}]}\n  - {name: h, rules: &all ${rules}}\n${groups}\n`;
  const { issues } = readRuleFile('a.yml', text, defaults);
  assert.deepEqual(
    issues.map(({ code }) => code),
    ['too-many-rules'],
  );
});

test('several files are read by pattern, and the mistakes of all of them come at once', () => {
  const good = 'groups: [{name: g, rules: [{alert: a, expr: up}]}]';
  const texts = new Map([
    ['rules/b.yml', good],
    ['rules/a.yml', good],
    ['rules/deep/c.yml', 'no rules'],
    ['alertmanager.yml', 'no rules'],
  ]);
  const { groups } = readRuleFiles({ texts, modules: new Map() }, ['rules/*.yml'], defaults);
  assert.deepEqual(
    groups.map(({ file }) => file),
    ['rules/a.yml', 'rules/b.yml'],
  );
  const bad = new Map([...texts, ['rules/x.yml', 'groups: 1'] as const, ['rules/y.yml', '- 1'] as const]);
  assert.throws(
    () => readRuleFiles({ texts: bad, modules: new Map() }, ['rules/*.yml'], defaults),
    (error) =>
      error instanceof InvalidInput && error.issues.map(({ file }) => file).join(' ') === 'rules/x.yml rules/y.yml',
  );
});
