import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { createEmbeddedQueue } from '../../lib/adapters/embedded-queue.ts';
import { createEmbeddedTable } from '../../lib/adapters/embedded-table.ts';
import { CONTRACT_MAX_RECEIVES, queueContract } from './queue-contract.ts';
import { tableContract } from './table-contract.ts';

const startMs = 1_700_000_000_000;
const clock = { nowMs: () => startMs };

const sharedTable = createEmbeddedTable({ path: ':memory:', clock });
tableContract('embedded table', () => sharedTable);

queueContract('embedded queue', async () => {
  let nowMs = startMs;
  const queue = createEmbeddedQueue({
    path: ':memory:',
    clock: { nowMs: () => nowMs },
    maxReceives: CONTRACT_MAX_RECEIVES,
  });
  return {
    queue,
    passTime: async (ms) => {
      nowMs += ms;
    },
  };
});

function inTemporaryFolder(use: (path: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'tocsin-embedded-'));
  return use(join(folder, 'state', 'tocsin.db')).finally(() => rmSync(folder, { recursive: true }));
}

test('the file keeps records and messages when it is opened again', () =>
  inTemporaryFolder(async (path) => {
    const table = createEmbeddedTable({ path, clock });
    const queue = createEmbeddedQueue({ path, clock, maxReceives: 3 });
    const saved = table.putIf({ pk: 'p', sk: 's', body: 'kept', expiresAtMs: null }, 'absent');
    const sent = queue.send('flush', [{ body: '"kept"', delayMs: 0 }]);
    await Promise.all([saved, sent]);
    await table.close();
    await queue.close();
    const again = createEmbeddedTable({ path, clock });
    const queueAgain = createEmbeddedQueue({ path, clock, maxReceives: 3 });
    assert.equal((await again.load({ pk: 'p', sk: 's' }, startMs))?.body, 'kept');
    assert.equal((await queueAgain.receive('flush', 1, 1_000))[0]?.body, '"kept"');
    await again.close();
    await queueAgain.close();
  }));

test('changes grow with what this and other processes write, and stand still while they only read', () =>
  inTemporaryFolder(async (path) => {
    let nowMs = startMs;
    const table = createEmbeddedTable({ path, clock: { nowMs: () => nowMs } });
    const record = { pk: 'p', sk: 's', body: 'x', expiresAtMs: null };
    const seen = [table.changes()];
    const look = () => seen.push(table.changes());
    await table.query({ pk: 'p', skPrefix: '', after: null, limit: 10 }, startMs);
    look();
    await table.putAll([record]);
    look();
    // Another connection, as another process has it.
    const other = new DatabaseSync(path);
    other.exec("UPDATE records SET body = 'y'");
    nowMs += 10;
    look();
    other.prepare('SELECT * FROM records').all();
    other.close();
    nowMs += 10;
    look();
    assert.equal((await table.load(record, startMs))?.body, 'y');
    look();
    const steps = seen.slice(1).map((count, i) => Math.sign(count - (seen[i] ?? 0)));
    assert.deepEqual(steps, [0, 1, 1, 0, 0]);
    await table.close();
  }));

test('closing waits for writes that are on their way', () =>
  inTemporaryFolder(async (path) => {
    const table = createEmbeddedTable({ path, clock });
    const saved = table.putAll([{ pk: 'p', sk: 's', body: 'kept', expiresAtMs: null }]);
    await table.close();
    await saved;
    const again = createEmbeddedTable({ path, clock });
    assert.equal((await again.load({ pk: 'p', sk: 's' }, startMs))?.body, 'kept');
    await again.close();
  }));

test('expired records leave the file an hour after their end', async () => {
  let nowMs = startMs;
  const table = createEmbeddedTable({ path: ':memory:', clock: { nowMs: () => nowMs } });
  await table.putAll([{ pk: 'p', sk: 's', body: 'old', expiresAtMs: startMs + 1_000 }]);
  nowMs += 1_000 + 3_600_000;
  await table.putAll([{ pk: 'p', sk: 'other', body: 'new', expiresAtMs: null }]);
  const saved = await table.putIf({ pk: 'p', sk: 's', body: 'new', expiresAtMs: null }, 'absent');
  assert.deepEqual(saved, { kind: 'saved', version: 1 });
  await table.close();
});

test('a failed write is reported to its caller and later writes go on', async () => {
  const table = createEmbeddedTable({ path: ':memory:', clock });
  const unwritable = { pk: 'p', sk: 's', body: 'x', expiresAtMs: 0.5 };
  await assert.rejects(table.putAll([unwritable]));
  assert.deepEqual(await table.putIf({ ...unwritable, expiresAtMs: null }, 'absent'), { kind: 'saved', version: 1 });
  await table.close();
});
