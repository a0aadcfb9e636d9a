/** What alerting keeps, on the embedded table: long bodies, expiry, and writers that meet. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createEmbeddedTable, type EmbeddedTable } from '../../lib/adapters/embedded-table.ts';
import { alertId } from '../../lib/alerts/alert-record.ts';
import type { FlushPlan } from '../../lib/alerts/flush.ts';
import { digest } from '../../lib/model/digest.ts';
import { labelsOf } from '../../lib/model/labels.ts';
import { createMatcher } from '../../lib/model/matcher.ts';
import { createGroupStore } from '../../lib/store/aggregation-groups.ts';
import { createAlertStore, type StoredAlert } from '../../lib/store/alerts.ts';
import { loadLongBody, saveLongBody } from '../../lib/store/long-body.ts';
import { createNotificationLog } from '../../lib/store/notification-log.ts';
import { createSilenceStore } from '../../lib/store/silences.ts';

const NOW_MS = Date.UTC(2026, 0, 5, 9);
const KEEP_MS = 1_800_000;

async function withTable(work: (table: EmbeddedTable, clock: { atMs: number }) => Promise<void>): Promise<void> {
  const clock = { atMs: NOW_MS, nowMs: () => clock.atMs };
  const table = createEmbeddedTable({ path: ':memory:', clock });
  await work(table, clock);
  await table.close();
}

function storedAlert(name: string, over: Partial<StoredAlert> = {}): StoredAlert {
  const labels = labelsOf({ alertname: name });
  return {
    id: alertId(labels),
    labels,
    annotations: [['note', '']],
    startsAtMs: NOW_MS,
    endsAtMs: NOW_MS + 1000,
    updatedAtMs: NOW_MS,
    endsByTimeout: false,
    generatorUrl: 'http://prometheus.test/',
    memberOf: ['g'],
    ...over,
  };
}

const bodyOf = ({ labels, ...rest }: StoredAlert): unknown => ({ ...rest, labels: labels.key });

test('a long text comes back whole, wherever it is cut', () =>
  withTable(async (table) => {
    for (const text of ['', 'short', 'ü'.repeat(300_000), `a${'🙂'.repeat(200_000)}`]) {
      const saved = await saveLongBody(table, { owner: 'o', text, expiresAtMs: NOW_MS + 1 });
      assert.equal(await loadLongBody(table, { owner: 'o', ...saved, nowMs: NOW_MS }), text);
    }
    const saved = await saveLongBody(table, { owner: 'o', text: 'gone', expiresAtMs: NOW_MS + 1 });
    await assert.rejects(loadLongBody(table, { owner: 'o', ...saved, nowMs: NOW_MS + 1 }), /is missing/);
  }));

test('an alert in a group stays, and one in none is forgotten half an hour after its end', () =>
  withTable(async (table, clock) => {
    const alerts = createAlertStore(table);
    const [inside, outside] = [storedAlert('inside'), storedAlert('outside', { memberOf: [] })];
    for (const alert of [inside, outside]) assert.equal(await alerts.saveIfUnchanged(alert, 'absent', NOW_MS), 'saved');
    const names = async (nowMs: number): Promise<readonly unknown[]> =>
      (await alerts.list(nowMs)).map((alert) => alert.labels.pairs[0]?.[1]).sort();
    assert.deepEqual(
      (await alerts.loadAll([inside.id, 'none', outside.id], NOW_MS)).map(bodyOf),
      [inside, outside].map(bodyOf),
    );
    assert.deepEqual(await names(NOW_MS + 1000 + KEEP_MS - 1), ['inside', 'outside']);
    assert.deepEqual(await names(NOW_MS + 1000 + KEEP_MS), ['inside']);
    // It is forgotten, and still stands in the way of a first write: the report that comes next must overwrite it.
    clock.atMs = NOW_MS + 1000 + KEEP_MS;
    const again = storedAlert('outside', { updatedAtMs: clock.atMs });
    const standing = await alerts.saveIfUnchanged(again, 'absent', clock.atMs);
    assert.ok(standing !== 'saved' && standing.value === null);
    const after = await alerts.change(standing, clock.atMs, (current) => (current === null ? again : null));
    assert.equal(after.value?.updatedAtMs, clock.atMs);
    assert.deepEqual(await names(clock.atMs), ['inside', 'outside']);
  }));

test('an alert leaves a group with its pointer, unless a younger report has come', () =>
  withTable(async (table) => {
    const alerts = createAlertStore(table);
    const groups = createGroupStore(table);
    const alert = storedAlert('a', { memberOf: ['g', 'h'] });
    await alerts.saveIfUnchanged(alert, 'absent', NOW_MS);
    await groups.addMembers(['g', 'h'].map((groupId) => ({ groupId, alertId: alert.id })));
    await alerts.leave({ id: alert.id, updatedAtMs: NOW_MS - 1 }, 'g', NOW_MS);
    assert.deepEqual(await groups.members('g', NOW_MS), [alert.id]);
    for (const time of ['first', 'again']) {
      await alerts.leave({ id: alert.id, updatedAtMs: NOW_MS }, 'g', NOW_MS);
      assert.deepEqual((await alerts.loadAll([alert.id], NOW_MS))[0]?.memberOf, ['h'], time);
      assert.deepEqual(
        [await groups.hasMembers('g', NOW_MS), await groups.hasMembers('h', NOW_MS)],
        [false, true],
        time,
      );
    }
    await groups.addMembers([{ groupId: 'g', alertId: 'unknown' }]);
    await alerts.leave({ id: 'unknown', updatedAtMs: 0 }, 'g', NOW_MS);
    assert.equal(await groups.hasMembers('g', NOW_MS), false);
  }));

test('writers that meet do not undo each other', () =>
  withTable(async (table) => {
    const alerts = createAlertStore(table);
    const { id } = storedAlert('a');
    const adding = Array.from({ length: 20 }, (_, n) => n);
    const [start] = await alerts.loadStanding([id], NOW_MS);
    assert.ok(start !== undefined);
    await Promise.all(
      adding.map((n) =>
        alerts.change(start, NOW_MS, (current) => ({
          ...(current ?? storedAlert('a', { memberOf: [] })),
          memberOf: [...(current?.memberOf ?? []), `g${n}`],
        })),
      ),
    );
    const [after] = await alerts.loadAll([id], NOW_MS);
    assert.deepEqual(after?.memberOf.toSorted(), adding.map((n) => `g${n}`).sort());
  }));

test('the notification log keeps short and long entries by group key, receiver and integration', () =>
  withTable(async (table) => {
    const log = createNotificationLog(table);
    const owner = { groupKey: '{}:{a="1"}', receiver: 'r'.repeat(2_000) };
    const ids = Array.from({ length: 12_000 }, (_, n) => digest(String(n))).sort();
    const short = { sentAtMs: 1, firing: ids.slice(0, 2), resolved: [], remember: { ts: '17.5' } };
    const long = { sentAtMs: 2, firing: ids, resolved: ids.slice(5), remember: {} };
    for (const [integration, entry] of [
      ['webhook/0', short],
      ['slack/0', long],
    ] as const) {
      await table.putAll([await log.prepare(owner, integration, entry, NOW_MS + 5)]);
    }
    const loaded = await log.load(owner, NOW_MS);
    assert.deepEqual([loaded.get('webhook/0'), loaded.get('slack/0')], [short, long]);
    assert.equal((await log.load({ ...owner, receiver: 'other' }, NOW_MS)).size, 0);
    assert.equal((await log.load(owner, NOW_MS + 5)).size, 0);
  }));

test('the ledger says of each flush what was decided and why', () =>
  withTable(async (table) => {
    const plan: FlushPlan = {
      alerts: [],
      leaving: [],
      decisions: [{ integration: 'webhook/0', decision: { kind: 'skip', reason: 'everything is suppressed' } }],
      suppressed: {
        causes: new Map([
          ['a', 'silence'],
          ['b', 'silence'],
          ['c', 'inhibition'],
        ]),
        mutedBy: [],
      },
    };
    await createNotificationLog(table).note({ groupId: 'g', number: 7, tickAtMs: NOW_MS }, plan);
    const record = await table.load({ pk: 'L#g', sk: '7'.padStart(16, '0') }, NOW_MS);
    assert.deepEqual(JSON.parse(String(record?.body)), {
      tickAtMs: NOW_MS,
      firing: 0,
      resolved: 0,
      suppressed: { silence: 2, inhibition: 1 },
      mutedBy: [],
      decisions: [['webhook/0', 'skip', 'everything is suppressed']],
    });
  }));

test('a silence comes back with matchers that match, and is forgotten when its retention is over', () =>
  withTable(async (table) => {
    const store = createSilenceStore(table, { retentionMs: 1000 });
    const matcher = createMatcher('a', '=~', 'x|y');
    assert.ok('matches' in matcher);
    const silence = {
      id: 's',
      matchers: [matcher],
      startsAtMs: NOW_MS,
      endsAtMs: NOW_MS + 50,
      updatedAtMs: NOW_MS,
      createdBy: 'me',
      comment: 'c',
      annotations: { ticket: '1' },
    };
    assert.equal(await store.save(silence, 'absent', NOW_MS), 'saved');
    assert.equal(await store.save(silence, 'absent', NOW_MS), 'conflict');
    const [loaded] = await store.list(NOW_MS);
    assert.deepEqual({ ...loaded, matchers: [] }, { ...silence, matchers: [] });
    assert.deepEqual(
      ['x', 'z'].map((value) => loaded?.matchers[0]?.matches(value)),
      [true, false],
    );
    const longer = { ...silence, endsAtMs: NOW_MS + 60 };
    assert.equal(await store.save(longer, (await store.load('s', NOW_MS)).expected, NOW_MS), 'saved');
    assert.equal((await store.list(NOW_MS))[0]?.endsAtMs, NOW_MS + 60, 'what was compiled before is not shown again');
    const made = { ...silence, id: 't' };
    assert.equal(await store.replace(made, { silence, expected: 1 }), 'conflict');
    assert.equal(await store.replace(made, { silence, expected: 2 }), 'saved');
    assert.deepEqual(
      (await store.list(NOW_MS)).map(({ id, endsAtMs }) => [id, endsAtMs - NOW_MS]),
      [
        ['s', 50],
        ['t', 50],
      ],
    );
    assert.equal((await store.list(NOW_MS + 1049)).length, 2);
    assert.equal((await store.list(NOW_MS + 1050)).length, 0);
  }));
