import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PostedAlert } from '../../lib/model/alert.ts';
import { labelsOf } from '../../lib/model/labels.ts';
import type { Table } from '../../lib/ports.ts';
import { createGroupStore, SOURCES_GROUP } from '../../lib/store/aggregation-groups.ts';
import { createAlertStore } from '../../lib/store/alerts.ts';
import { openWorld, type World } from '../alerts/routing-world.ts';

const START_MS = Date.UTC(2026, 0, 5, 9);
const HOOK = 'webhook_configs: [{url: "http://ops.test/"}]';
const CONFIG = `
route: {receiver: ops, group_by: [team], group_wait: 1s, group_interval: 1m}
inhibit_rules: [{source_matchers: [severity=critical], target_matchers: [severity=warning]}]
receivers: [{name: ops, ${HOOK}}]`;

const openTestWorld = (config: string, wrapTable?: (table: Table) => Table): Promise<World> =>
  openWorld({
    config,
    startMs: START_MS,
    flushNotBeforeMs: 0,
    deliveries: 1,
    wrap: ({ table, queue }) => ({ table: wrapTable?.(table) ?? table, queue }),
  });

const alert = (labels: Readonly<Record<string, string>>, over: Partial<PostedAlert> = {}): PostedAlert => ({
  labels: labelsOf(labels),
  annotations: [],
  startsAtMs: null,
  endsAtMs: null,
  generatorUrl: '',
  ...over,
});

const told = ({ captures }: World): readonly string[] =>
  captures.map(
    ({ atMs, hook, attempt, alerts }) =>
      `${(atMs - START_MS) / 1000}s ${hook} ${attempt.intent.reason}: ${alerts.map(({ labels }) => labels.pairs.map(([, value]) => value).join('/')).join(' ')}`,
  );

test('the work of a storm grows with its size and no faster', async () => {
  const counts: number[] = [];
  for (const size of [500, 2_000]) {
    let calls = 0;
    const world = await openTestWorld(CONFIG, (table) => ({
      ...table,
      load: (...parts) => table.load(...parts).finally(() => calls++),
      putIf: (...parts) => table.putIf(...parts).finally(() => calls++),
      commit: (...parts) => table.commit(...parts).finally(() => calls++),
      query: (...parts) => table.query(...parts).finally(() => calls++),
    }));
    await world.post(Array.from({ length: size }, (_, n) => alert({ team: 'a', instance: `node-${n}` })));
    counts.push(calls / size);
    await world.advanceTo(START_MS + 2_000);
    assert.deepEqual(
      world.captures.map((capture) => capture.alerts.length),
      [size],
    );
    await world.close();
  }
  const [few = 0, many = 0] = counts;
  assert.ok(few < 4 && many <= few, `calls for each alert: ${counts}`);
});

test('valid alerts are taken although others of the request are not', async () => {
  const world = await openTestWorld(CONFIG);
  const report = await world.post([
    alert({}),
    alert({ team: 'a' }),
    alert({ team: 'b' }, { startsAtMs: START_MS, endsAtMs: START_MS - 1 }),
    alert({ team: 'a' }, { annotations: [['note', 'again']] }),
  ]);
  assert.deepEqual(report, {
    accepted: 1,
    refused: ['at least one label pair required', 'start time must be before end time'],
  });
  await world.close();
});

test('dispatches and flushes side by side end as one after the other', async () => {
  const world = await openTestWorld(CONFIG);
  const { dispatch, flush } = world.services();
  const groups = createGroupStore(world.table);
  for (let round = 0; round < 20; round++) {
    const nowMs = world.clock.atMs;
    const batches = [0, 1, 2, 3].map((batch) =>
      Array.from({ length: 6 }, (_, n) =>
        alert(
          { team: 'a', severity: n === 0 ? 'critical' : 'page', instance: `${(n + batch * 2 + round) % 9}` },
          { endsAtMs: nowMs + (n % 3) * 1000, startsAtMs: START_MS },
        ),
      ),
    );
    const due = await groups.list(nowMs);
    await Promise.all([
      ...batches.map((posted) => dispatch.dispatch(posted, { receivedAtMs: nowMs, nowMs })),
      ...due.flatMap(({ id }) => [
        flush.flush({ groupId: id, dueAtMs: 0 }, nowMs),
        flush.flush({ groupId: id, dueAtMs: 0 }, nowMs),
      ]),
    ]);
    await assertMembership(world);
    await world.advanceTo(nowMs + 7_000);
  }
  await world.advanceTo(world.clock.atMs + 10 * 60_000);
  assert.deepEqual(await groups.list(world.clock.atMs), [], 'all have resolved and left');
  await world.close();
});

/** Every alert that says it is in a group is held by it, and such a group is alive. */
async function assertMembership({ table, clock }: World): Promise<void> {
  const groups = createGroupStore(table);
  const alive = new Set((await groups.list(clock.atMs)).map((group) => group.id));
  for (const { id, memberOf } of await createAlertStore(table).list(clock.atMs)) {
    for (const groupId of memberOf) {
      assert.ok((await groups.members(groupId, clock.atMs)).includes(id), 'the group holds the alert');
      assert.ok(groupId === SOURCES_GROUP || alive.has(groupId), 'the group is alive');
    }
  }
}

test('a change of the routes moves alerts to their new groups, and the log keeps what was told', async () => {
  const world = await openTestWorld(CONFIG);
  await world.post([alert({ team: 'a', severity: 'critical' }), alert({ team: 'b', severity: 'page' })]);
  await world.advanceTo(START_MS + 30_000);
  const changed = `
route:
  receiver: ops
  group_by: [team]
  group_wait: 1s
  group_interval: 1m
  routes: [{receiver: dba, matchers: [team=b]}]
receivers: [{name: ops, ${HOOK}}, {name: dba, ${HOOK}}]`;
  await world.reload(changed);
  await assertMembership(world);
  await world.advanceTo(START_MS + 3 * 60_000);
  assert.deepEqual(told(world), [
    '1s ops first notification: critical/a',
    '1s ops first notification: page/b',
    '30s dba first notification: page/b',
  ]);
  const { groupKey = '' } =
    (await createGroupStore(world.table).list(world.clock.atMs)).find(({ receiver }) => receiver === 'dba') ?? {};
  assert.equal(groupKey, '{}/{team="b"}:{team="b"}');
  assert.deepEqual(
    await createGroupStore(world.table).members(SOURCES_GROUP, world.clock.atMs),
    [],
    'no rule, no sources',
  );
  await world.close();
});

test('the sweep notices new routes by itself, and a group whose route is gone hands its alerts on', async () => {
  const world = await openTestWorld(CONFIG);
  await world.post([alert({ team: 'a', severity: 'page' })]);
  await world.advanceTo(START_MS + 90_000);
  const moved = CONFIG.replace('receiver: ops,', 'receiver: ops, routes: [{receiver: dba, matchers: [team=a]}],');
  world.configure(`${moved.replace('receivers: [', `receivers: [{name: dba, ${HOOK}}, `)}`);
  await world.advanceTo(START_MS + 4 * 60_000);
  assert.deepEqual(told(world), ['1s ops first notification: page/a', '120s dba first notification: page/a']);
  world.configure(CONFIG);
  const [group] = await createGroupStore(world.table).list(world.clock.atMs);
  assert.equal(group?.receiver, 'dba');
  const report = await world.services().flush.flush({ groupId: group.id, dueAtMs: 0 }, world.clock.atMs + 60_000);
  assert.deepEqual(report, { kind: 'gone' });
  await assertMembership(world);
  const receivers = (await createGroupStore(world.table).list(world.clock.atMs)).map(({ receiver }) => receiver);
  assert.deepEqual(receivers, ['ops']);
  await world.close();
});
