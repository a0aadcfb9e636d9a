/** The users' rule files: each rule on samples where it fires and where it does not, with the same alerts from the real `promtool test rules`. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { STABLE_FEATURES } from '../../lib/promql/features.ts';
import { readRuleFile } from '../../lib/rules/rule-file.ts';
import type { RuleGroup } from '../../lib/rules/rule-group.ts';
import { folderOf } from './peers.ts';
import { type FiringAlert, runRules } from './rule-run.ts';
import { seedCases } from './seed-cases.ts';

const seeds = join(folderOf('TOCSIN_SHARED'), 'seeds');
const promtool = join(folderOf('TOCSIN_PEERS'), 'promtool');
const folder = mkdtempSync(join(tmpdir(), 'tocsin-seeds-'));
after(() => rmSync(folder, { recursive: true }));

const run = { sampleStepMs: 15_000, evaluateEveryMs: 30_000, untilMs: 30 * 60_000 };

function groupsOf(seed: string): readonly RuleGroup[] {
  const text = readFileSync(join(seeds, seed, 'alerts.yml'), 'utf8');
  const { groups, issues } = readRuleFile('alerts.yml', text, {
    intervalMs: 60_000,
    queryOffsetMs: 0,
    features: STABLE_FEATURES,
  });
  assert.deepEqual(issues, []);
  return groups;
}

/** A unit test file that says: at each of our evaluation times, exactly our alerts fire. */
function unitTest(
  seed: string,
  alert: string,
  series: readonly string[],
  firing: ReadonlyMap<number, ReadonlyMap<string, readonly FiringAlert[]>>,
): string {
  const input = series.map((line) => {
    const end = line.startsWith('{') ? line.indexOf('}') + 1 : line.search(/(?<=\}) |(?<=^[^{ ]+) /);
    return { series: line.slice(0, end), values: line.slice(end + 1) };
  });
  const alerts = [...firing].map(([atMs, byName]) => ({
    eval_time: `${atMs / 1000}s`,
    alertname: alert,
    exp_alerts: (byName.get(alert) ?? []).map(({ labels: { alertname: _, ...labels }, annotations }) => ({
      exp_labels: labels,
      exp_annotations: annotations,
    })),
  }));
  return JSON.stringify({
    rule_files: [join(seeds, seed, 'alerts.yml')],
    evaluation_interval: '30s',
    tests: [{ interval: '15s', input_series: input, alert_rule_test: alerts }],
  });
}

function assertSameFromPrometheus(name: string, text: string): void {
  const file = join(folder, `${name}.yml`);
  writeFileSync(file, text);
  const { status, stdout, stderr } = spawnSync(promtool, ['test', 'rules', file], { encoding: 'utf8' });
  assert.equal(status, 0, `${stdout}${stderr}`);
}

test('every rule of the seeds has a case', () => {
  for (const seed of ['clusterdb', 'jaf', 'mistralrs', 'rustchain']) {
    const rules = groupsOf(seed).flatMap((group) => group.rules.map((rule) => rule.name));
    const covered = seedCases.filter((one) => one.seed === seed).map(({ alert }) => alert);
    assert.deepEqual(rules, covered);
  }
});

for (const { seed, alert, fires, quiet } of seedCases) {
  test(`${seed}/${alert} fires, with the alerts of the real Prometheus`, () => {
    const firing = runRules(groupsOf(seed), fires, run);
    assert.ok(
      [...firing.values()].some((byName) => (byName.get(alert) ?? []).length > 0),
      'it never fires',
    );
    assertSameFromPrometheus(`${seed}-${alert}-fires`, unitTest(seed, alert, fires, firing));
  });

  test(`${seed}/${alert} stays quiet, as with the real Prometheus`, () => {
    const firing = runRules(groupsOf(seed), quiet, run);
    assert.ok(
      [...firing.values()].every((byName) => (byName.get(alert) ?? []).length === 0),
      'it fires',
    );
    assertSameFromPrometheus(`${seed}-${alert}-quiet`, unitTest(seed, alert, quiet, firing));
  });
}

test('promtool would notice a difference', () => {
  const [first] = seedCases;
  assert.ok(first !== undefined);
  const text = unitTest(first.seed, first.alert, first.fires, runRules(groupsOf(first.seed), first.quiet, run));
  assert.throws(() => assertSameFromPrometheus('different', text));
});
