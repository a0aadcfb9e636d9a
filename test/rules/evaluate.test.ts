import assert from 'node:assert/strict';
import { test } from 'node:test';
import { slotAtOrBefore } from '../../lib/rules/due-groups.ts';
import type { ActiveAlert, GroupReport } from '../../lib/rules/rule-report.ts';
import { createEvaluationWorld, type EvaluationWorld, type Heard, MINUTE, START } from './evaluation-world.ts';

const hot = `
groups:
  - name: kitchen
    interval: 1m
    rules:
      - alert: Hot
        expr: temperature > 90
        for: 2m
        labels: {severity: warning}
        annotations: {summary: "{{ $labels.room }} is at {{ $value }}"}
`;

const oven = { __name__: 'temperature', room: 'kitchen' };

/** The group's evaluation times, counted from the first after START. */
function slot(world: EvaluationWorld, number: number): number {
  const [group] = world.groups;
  assert.ok(group !== undefined);
  return slotAtOrBefore(group, START) + (number + 1) * group.intervalMs;
}

function brief(heard: readonly Heard[]): string[] {
  return heard.map(
    ({ labels, endsAtMinute, startsAtMinute }) =>
      `${labels['alertname']} ${endsAtMinute > startsAtMinute + 3 ? 'firing' : 'resolved'}`,
  );
}

function alertsOf([group]: readonly GroupReport[]): readonly ActiveAlert[] {
  return group?.rules.flatMap((rule) => (rule.kind === 'alerting' ? rule.alerts : [])) ?? [];
}

/** Pushes a value right before each slot and evaluates there, in a new process each time when `restarts`. */
async function live(world: EvaluationWorld, values: readonly number[], from = 0): Promise<void> {
  for (const [index, value] of values.entries()) {
    const atMs = slot(world, from + index);
    await world.push(oven, value, atMs - 1000);
    await world.evaluate(atMs);
  }
}

test('an alert is pending, fires after `for`, is repeated and resolves; the router hears the last three', async () => {
  const world = createEvaluationWorld(hot);
  const told: string[] = [];
  for (const [minute, value] of [95, 95, 95, 95, 95, 20, 20].entries()) {
    await live(world, [value], minute);
    told.push(`${minute}: ${brief(await world.heard()).join()}`);
  }
  assert.deepEqual(told, ['0: ', '1: ', '2: Hot firing', '3: ', '4: Hot firing', '5: Hot resolved', '6: ']);
});

test('what the router hears: labels, expanded annotations, when it fired, until when it counts, a link to the query', async () => {
  const world = createEvaluationWorld(hot, { externalLabels: { cluster: 'eu' } });
  await live(world, [95, 95, 97]);
  const firedAtMinute = (slot(world, 2) - START) / MINUTE;
  assert.deepEqual(await world.heard(), [
    {
      labels: { alertname: 'Hot', cluster: 'eu', room: 'kitchen', severity: 'warning' },
      annotations: { summary: 'kitchen is at 97' },
      startsAtMinute: firedAtMinute,
      endsAtMinute: firedAtMinute + 4,
      generatorUrl: 'http://tocsin.test/graph?g0.expr=temperature+%3E+90&g0.tab=1',
    },
  ]);
});

test('a new process for every evaluation makes no difference', async () => {
  const steady = createEvaluationWorld(hot);
  const restarted = createEvaluationWorld(hot);
  for (const [minute, value] of [95, 95, 95, 95, 95, 20, 20, 95, 95, 95].entries()) {
    await live(steady, [value], minute);
    restarted.restart();
    await live(restarted, [value], minute);
    assert.deepEqual(await restarted.heard(), await steady.heard());
  }
  const atMs = slot(steady, 9);
  assert.deepEqual(
    await restarted.query('{__name__=~"ALERTS.*"}', atMs),
    await steady.query('{__name__=~"ALERTS.*"}', atMs),
  );
});

test('a pending alert keeps since when it is active over a restart', async () => {
  const world = createEvaluationWorld(hot);
  await live(world, [95, 95]);
  world.restart();
  const [alert] = alertsOf(await world.report(slot(world, 1)));
  assert.deepEqual([alert?.state, alert?.activeAtMs], ['pending', slot(world, 0)]);
  await live(world, [95], 2);
  assert.deepEqual(brief(await world.heard()), ['Hot firing']);
});

test('ALERTS and ALERTS_FOR_STATE are stored at the evaluation time and end with the alert', async () => {
  const world = createEvaluationWorld(hot);
  await live(world, [95, 95, 95]);
  assert.deepEqual(await world.query('{__name__=~"ALERTS.*"}', slot(world, 2)), {
    'ALERTS{alertname=Hot,alertstate=firing,room=kitchen,severity=warning}': 1,
    'ALERTS_FOR_STATE{alertname=Hot,room=kitchen,severity=warning}': Math.floor(slot(world, 0) / 1000),
  });
  assert.deepEqual(Object.keys(await world.query('ALERTS', slot(world, 1))), [
    'ALERTS{alertname=Hot,alertstate=pending,room=kitchen,severity=warning}',
  ]);
  await live(world, [20], 3);
  assert.deepEqual(await world.query('{__name__=~"ALERTS.*"}', slot(world, 3)), {});
});

test('rules see what earlier rules of the group wrote in the same evaluation, in order', async () => {
  const world = createEvaluationWorld(`
groups:
  - name: chain
    rules:
      - {record: a, expr: temperature * 2}
      - {record: b, expr: a + 1}
      - {alert: C, expr: b > 100}
      - {alert: D, expr: 'ALERTS{alertname="C", alertstate="firing"}'}
      - {record: late, expr: earlier}
      - {record: earlier, expr: temperature}
`);
  await live(world, [60]);
  const now = await world.query('{__name__=~"a|b|late|earlier"}', slot(world, 0));
  assert.deepEqual(now, { 'a{room=kitchen}': 120, 'b{room=kitchen}': 121, 'earlier{room=kitchen}': 60 });
  assert.deepEqual(brief(await world.heard()), ['C firing', 'D firing']);
  await live(world, [61], 1);
  assert.deepEqual(await world.query('late', slot(world, 1)), { 'late{room=kitchen}': 60 });
});

test('queries look back by the query offset, and what they yield is written there', async () => {
  const world = createEvaluationWorld(
    'groups: [{name: g, query_offset: 90s, rules: [{record: r, expr: temperature}]}]',
  );
  await world.push(oven, 1, slot(world, 0) - 100_000);
  await world.push(oven, 2, slot(world, 0) - 1000);
  await world.evaluate(slot(world, 0));
  assert.deepEqual(await world.query('r', slot(world, 0) - 90_000), { 'r{room=kitchen}': 1 });
  assert.deepEqual(await world.query('r', slot(world, 0) - 90_001), {});
});

test('a failing rule keeps its state and says why; the others go on', async () => {
  const world = createEvaluationWorld(`
groups:
  - name: g
    rules:
      - {alert: Many, expr: 'temperature * on () group_left () limit_of'}
      - {record: fine, expr: temperature}
`);
  const limit = { __name__: 'limit_of', which: 'a' };
  await world.push(limit, 1, slot(world, 0) - 1000);
  await live(world, [95]);
  assert.equal(alertsOf(await world.report(slot(world, 0))).length, 1);
  await world.push({ ...limit, which: 'b' }, 1, slot(world, 1) - 1000);
  await live(world, [96], 1);
  const [group] = await world.report(slot(world, 1));
  const [many, fine] = group?.rules ?? [];
  assert.deepEqual([many?.health, fine?.health, fine?.lastError], ['err', 'ok', null]);
  assert.match(many?.lastError ?? '', /^found duplicate series for the match group/);
  assert.equal(alertsOf([group ?? assert.fail('no group')])[0]?.value, 95);
  assert.deepEqual(await world.query('fine', slot(world, 1)), { 'fine{room=kitchen}': 96 });
});

test('before its first evaluation a group is unknown; afterwards it says when it ran', async () => {
  const world = createEvaluationWorld(hot);
  const [before] = await world.report(START);
  const [rule] = before?.rules ?? [];
  assert.ok(rule?.kind === 'alerting');
  assert.deepEqual([before?.lastEvaluation, rule.health, rule.state], [null, 'unknown', 'unknown']);
  await live(world, [20]);
  const [after] = await world.report(slot(world, 0));
  const [ran] = after?.rules ?? [];
  assert.ok(ran?.kind === 'alerting');
  assert.deepEqual([after?.lastEvaluation?.startedAtMs, ran.health, ran.state], [slot(world, 0), 'ok', 'inactive']);
});

test('a message that is delivered twice evaluates once and sends the same alerts again', async () => {
  const world = createEvaluationWorld(hot);
  await live(world, [95, 95, 95]);
  const first = await world.heard();
  const again = await world.evaluate(slot(world, 2), slot(world, 2) + 500);
  assert.deepEqual(again, { kind: 'repeated', alertsSent: 1 });
  assert.deepEqual(await world.heard(), first);
});

test('a message that comes after a newer one changes nothing', async () => {
  const world = createEvaluationWorld(hot);
  await live(world, [95, 95, 95]);
  await world.heard();
  const before = await world.report(slot(world, 2));
  assert.deepEqual(await world.evaluate(slot(world, 1), slot(world, 2)), { kind: 'repeated', alertsSent: 1 });
  assert.deepEqual(JSON.stringify(await world.report(slot(world, 2))), JSON.stringify(before));
});

test('a message that comes intervals late is answered at the newest time; those between are missed, not made up for', async () => {
  const world = createEvaluationWorld(hot);
  await live(world, [95]);
  await world.push(oven, 95, slot(world, 5) - 1000);
  const late = await world.evaluate(slot(world, 1), slot(world, 5) + 100);
  assert.equal(late.kind === 'evaluated' && late.evalAtMs, slot(world, 5));
  const [group] = await world.report(slot(world, 5));
  assert.equal(group?.missed, 4);
  assert.deepEqual(await world.evaluate(slot(world, 3), slot(world, 5) + 200), { kind: 'repeated', alertsSent: 1 });
});

const breakages = ['queue', 'state', 'samples'] as const;
for (const what of breakages) {
  test(`killed when the ${what} breaks: the redelivered message brings the same alert, once fired, with the same times`, async () => {
    const world = createEvaluationWorld(hot);
    await live(world, [95, 95]);
    await world.push(oven, 95, slot(world, 2) - 1000);
    world.breakOnce(what);
    await assert.rejects(world.evaluate(slot(world, 2)), new Error(`the ${what} broke`));
    assert.deepEqual(await world.heard(), []);
    world.restart();
    await world.evaluate(slot(world, 2), slot(world, 2) + 30_000);
    const [alert, ...others] = await world.heard();
    assert.deepEqual(others, []);
    assert.equal(alert?.startsAtMinute, (slot(world, 2) - START) / MINUTE);
    const series = await world.query('ALERTS', slot(world, 2));
    assert.deepEqual(Object.keys(series), ['ALERTS{alertname=Hot,alertstate=firing,room=kitchen,severity=warning}']);
  });
}

test('killed between saving and sending, and overtaken by the next evaluation: the late message still brings the alert', async () => {
  const world = createEvaluationWorld(hot);
  await live(world, [95, 95]);
  await world.push(oven, 95, slot(world, 2) - 1000);
  world.breakOnce('queue');
  await assert.rejects(world.evaluate(slot(world, 2)));
  world.restart();
  await live(world, [95], 3);
  assert.deepEqual(await world.heard(), []);
  await world.evaluate(slot(world, 2), slot(world, 3) + 1000);
  assert.deepEqual(brief(await world.heard()), ['Hot firing']);
});

test('two processes that evaluate one group at one time: the state is written once', async () => {
  const world = createEvaluationWorld(hot);
  await live(world, [95, 95]);
  await world.push(oven, 95, slot(world, 2) - 1000);
  const reports = await Promise.all([world.evaluate(slot(world, 2)), world.evaluate(slot(world, 2))]);
  assert.deepEqual(reports.map(({ kind }) => kind).sort(), ['evaluated', 'repeated']);
  const [alert] = alertsOf(await world.report(slot(world, 2)));
  assert.deepEqual([alert?.state, alert?.activeAtMs], ['firing', slot(world, 0)]);
});

test('an edited rule file: rules keep their alerts by name and labels, series of removed rules end', async () => {
  const world = createEvaluationWorld(`${hot}      - {record: gone, expr: temperature}\n`);
  await live(world, [95, 95, 95]);
  await world.heard();
  world.restart(
    hot.replace('for: 2m', 'for: 1m').replace('rules:', 'rules:\n      - {record: first, expr: temperature}'),
  );
  await live(world, [95], 3);
  const [alert] = alertsOf(await world.report(slot(world, 3)));
  assert.deepEqual([alert?.state, alert?.activeAtMs], ['firing', slot(world, 0)]);
  assert.deepEqual(await world.query('gone', slot(world, 3)), {});
  assert.deepEqual(Object.keys(await world.query('first', slot(world, 3))), ['first{room=kitchen}']);
});

test('a group that is gone ends its series two intervals after its last evaluation, not earlier', async () => {
  const world = createEvaluationWorld(hot);
  await live(world, [95, 95, 95]);
  const lastMs = slot(world, 2);
  world.restart('groups: []');
  assert.deepEqual(await world.evaluateGroup('kitchen', lastMs + MINUTE), { kind: 'unknown-group', ended: false });
  assert.deepEqual(await world.evaluateGroup('kitchen', lastMs + 3 * MINUTE), { kind: 'unknown-group', ended: true });
  assert.deepEqual(await world.query('{__name__=~"ALERTS.*"}', lastMs + 3 * MINUTE), {});
  assert.deepEqual(await world.evaluateGroup('kitchen', lastMs + 4 * MINUTE), { kind: 'unknown-group', ended: false });
});

test('an alert that waited through an outage of ours starts to wait anew', async () => {
  const world = createEvaluationWorld(hot);
  await live(world, [95, 95]);
  const afterMs = slot(world, 70);
  await world.push(oven, 95, afterMs - 1000);
  await world.evaluate(afterMs);
  const [alert] = alertsOf(await world.report(afterMs));
  assert.deepEqual([alert?.state, alert?.activeAtMs], ['pending', afterMs]);
});

test('templates query what no rule reads: it is loaded, and found at once the next time', async () => {
  const world = createEvaluationWorld(`
groups:
  - name: g
    rules:
      - alert: Hot
        expr: temperature > 90
        annotations:
          fans: '{{ range query "fan_speed" | sortByLabel "fan" }}{{ .Labels.fan }}={{ .Value }} {{ end }}'
          first: '{{ with query (printf "fan_speed{fan=%q}" "a") }}{{ . | first | value }}{{ end }}'
          other: '{{ query "sum(temperature)" | first | value }}'
          broken: '{{ query "sum(" }}'
      - alert: Second
        expr: 'ALERTS{alertname="Hot"}'
        annotations: {n: '{{ query "count(ALERTS)" | first | value }}'}
`);
  await world.push({ __name__: 'fan_speed', fan: 'a' }, 7, slot(world, 0) - 2000);
  await world.push({ __name__: 'fan_speed', fan: 'b' }, 8, slot(world, 0) - 2000);
  await live(world, [95]);
  const [hotAlert, second] = await world.heard();
  const { broken, ...texts } = hotAlert?.annotations ?? {};
  assert.deepEqual(texts, { fans: 'a=7 b=8 ', first: '7', other: '95' });
  assert.match(broken ?? '', /^<error expanding template: .*1:5: parse error: unclosed left parenthesis/);
  assert.deepEqual(second?.annotations, { n: '1' });
});

test('templates see the labels with the metric name, the value, and the external labels and address', async () => {
  const world = createEvaluationWorld(
    `
groups:
  - name: g
    rules:
      - alert: Hot
        expr: temperature > 90
        labels: {where: '{{ $labels.room }} of {{ $externalLabels.cluster }}'}
        annotations: {all: '{{ $labels.__name__ }} {{ .Value | printf "%.1f" }} {{ externalURL }} {{ $labels.where }}{{ .Nope }}'}
`,
    { externalLabels: { cluster: 'eu' } },
  );
  await live(world, [95]);
  const [alert] = await world.heard();
  assert.equal(alert?.labels['where'], 'kitchen of eu');
  assert.match(
    alert?.annotations['all'] ?? '',
    /^<error expanding template: error executing template __alert_Hot: .*can't evaluate field Nope/,
  );
});
