/** What every `Table` promises: one test per sentence of the contract in lib/ports.ts. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Key, StoredRecord, Table, TableRecord, TableWrite } from '../../lib/ports.ts';
import { MAX_BODY_BYTES, MAX_COMMIT_WRITES } from '../../lib/ports.ts';

const nowMs = 1_700_000_000_000;

function record(pk: string, sk: string, body: string | Uint8Array = `${pk}/${sk}`): TableRecord {
  return { pk, sk, body, expiresAtMs: null };
}

function keyOf({ pk, sk }: Key): Key {
  return { pk, sk };
}

async function queryAll(table: Table, pk: string, skPrefix: string, limit = 1_000): Promise<StoredRecord[]> {
  const found: StoredRecord[] = [];
  let after: string | null = null;
  do {
    const { records, next } = await table.query({ pk, skPrefix, after, limit }, nowMs);
    found.push(...records);
    after = next;
  } while (after !== null);
  return found;
}

/** `table` is shared by the tests of one suite; each test uses partitions of its own. */
export function tableContract(name: string, table: () => Table): void {
  describe(`${name}: reads`, () => reads(table));
  describe(`${name}: conditional writes`, () => conditionalWrites(table));
  describe(`${name}: queries`, () => queries(table));
  describe(`${name}: pages`, () => pages(table));
  describe(`${name}: many records`, () => manyRecords(table));
  describe(`${name}: commits`, () => commits(table));
}

function reads(table: () => Table): void {
  test('load sees an acknowledged write, text as text and bytes as bytes', async () => {
    const bytes = Uint8Array.of(0, 255, 128, 1);
    await table().putIf(record('single', 'text', 'grüße ☃ 𝄞 \u0000'), 'absent');
    await table().putIf(record('single', 'bytes', bytes), 'absent');
    await table().putIf(record('single', 'empty', ''), 'absent');
    assert.deepEqual(await table().load({ pk: 'single', sk: 'text' }, nowMs), {
      ...record('single', 'text', 'grüße ☃ 𝄞 \u0000'),
      version: 1,
    });
    const loaded = await table().load({ pk: 'single', sk: 'bytes' }, nowMs);
    assert.ok(loaded?.body instanceof Uint8Array);
    assert.deepEqual([...loaded.body], [...bytes]);
    assert.equal((await table().load({ pk: 'single', sk: 'empty' }, nowMs))?.body, '');
  });

  test('load gives null for an absent record', async () => {
    assert.equal(await table().load({ pk: 'single', sk: 'nothing' }, nowMs), null);
  });

  test('a record is gone for readers from its expiry on', async () => {
    await table().putAll([{ ...record('expiry', 'a'), expiresAtMs: nowMs + 1_500 }, record('expiry', 'b')]);
    const key = { pk: 'expiry', sk: 'a' };
    assert.equal((await table().load(key, nowMs + 1_499))?.expiresAtMs, nowMs + 1_500);
    assert.equal(await table().load(key, nowMs + 1_500), null);
    const { records } = await table().query({ pk: 'expiry', skPrefix: '', after: null, limit: 9 }, nowMs + 1_500);
    assert.deepEqual(records.map(keyOf), [{ pk: 'expiry', sk: 'b' }]);
  });
}

function conditionalWrites(table: () => Table): void {
  test('the version starts at 1 and grows by one with each conditional write', async () => {
    assert.deepEqual(await table().putIf(record('version', 'a', '1'), 'absent'), { kind: 'saved', version: 1 });
    assert.deepEqual(await table().putIf(record('version', 'a', '2'), 1), { kind: 'saved', version: 2 });
    assert.deepEqual(await table().commit([{ kind: 'put', record: record('version', 'a', '3'), expected: 2 }]), {
      kind: 'committed',
    });
    assert.equal((await table().load({ pk: 'version', sk: 'a' }, nowMs))?.version, 3);
  });

  test('a put that expects absence conflicts with what stands there, and changes nothing', async () => {
    await table().putIf(record('conflict', 'a', 'old'), 'absent');
    const current = { ...record('conflict', 'a', 'old'), version: 1 };
    assert.deepEqual(await table().putIf(record('conflict', 'a', 'new'), 'absent'), {
      kind: 'conflict',
      key: { pk: 'conflict', sk: 'a' },
      current,
    });
    assert.deepEqual(await table().load({ pk: 'conflict', sk: 'a' }, nowMs), current);
  });

  test('a put that expects another version conflicts, with null when nothing stands there', async () => {
    await table().putIf(record('conflict', 'b', 'old'), 'absent');
    const stale = await table().putIf(record('conflict', 'b', 'new'), 2);
    assert.ok(stale.kind === 'conflict');
    assert.equal(stale.current?.version, 1);
    const gone = await table().putIf(record('conflict', 'c', 'new'), 1);
    assert.deepEqual(gone, { kind: 'conflict', key: { pk: 'conflict', sk: 'c' }, current: null });
    assert.equal(await table().load({ pk: 'conflict', sk: 'c' }, nowMs), null);
  });

  test('an expired record counts as present for conditional writes', async () => {
    // Far from any removal: a record is removed some time after its end, never before.
    const expiresAtMs = nowMs - 1_000;
    await table().putAll([{ ...record('conflict', 'expired'), expiresAtMs }]);
    const conflict = await table().putIf(record('conflict', 'expired', 'new'), 'absent');
    assert.ok(conflict.kind === 'conflict');
    assert.equal(conflict.current?.expiresAtMs, expiresAtMs);
  });

  test('of concurrent conditional writes to one version exactly one is saved', async () => {
    const attempts = Array.from({ length: 10 }, (_, writer) =>
      table().putIf(record('race', 'a', String(writer)), 'absent'),
    );
    const saved = (await Promise.all(attempts)).filter(({ kind }) => kind === 'saved');
    assert.equal(saved.length, 1);
  });

  test('keys and bodies over their limits are refused', async () => {
    await table().putIf(record('p'.repeat(1_024), 's'.repeat(1_000), 'x'.repeat(MAX_BODY_BYTES)), 'absent');
    await assert.rejects(table().putIf(record('', 'a'), 'absent'), RangeError);
    await assert.rejects(table().putIf(record('limits', ''), 'absent'), RangeError);
    await assert.rejects(table().putIf(record('p'.repeat(1_025), 'a'), 'absent'), RangeError);
    await assert.rejects(table().putAll([record('limits', 'ü'.repeat(501))]), RangeError);
    await assert.rejects(table().putAll([record('limits', 'a', 'x'.repeat(MAX_BODY_BYTES + 1))]), RangeError);
  });
}

function queries(table: () => Table): void {
  test('a query gives one partition in bytewise order of sk', async () => {
    // In UTF-16 the surrogates of U+1D11E sort before U+FF5E; in bytes after it.
    const keys = ['b', 'a', 'a/2', 'a/10', 'B', 'é', '～', '𝄞'];
    await table().putAll([...keys.map((sk) => record('order', sk)), record('order2', 'a')]);
    assert.deepEqual(
      (await queryAll(table(), 'order', '')).map(({ sk }) => sk),
      ['B', 'a', 'a/10', 'a/2', 'b', 'é', '～', '𝄞'],
    );
  });

  test('a query gives only keys with the prefix', async () => {
    await table().putAll(['a', 'ab', 'ab1', 'abc', 'ac', 'b'].map((sk) => record('prefix', sk)));
    assert.deepEqual(
      (await queryAll(table(), 'prefix', 'ab')).map(({ sk }) => sk),
      ['ab', 'ab1', 'abc'],
    );
    assert.deepEqual(await queryAll(table(), 'prefix', 'z'), []);
    assert.deepEqual(await queryAll(table(), 'nobody', ''), []);
  });

  test('a query leaves out the keys that the caller has, on every page', async () => {
    await table().putAll(['a', 'ab', 'ac', 'ad', 'ae', 'b'].map((sk) => record('except', sk)));
    const keysOf = async (skPrefix: string, except: readonly string[], limit: number): Promise<string[]> => {
      const found: string[] = [];
      let after: string | null = null;
      do {
        const query = { pk: 'except', skPrefix, after, limit, except: new Set(except) };
        const page: Awaited<ReturnType<Table['query']>> = await table().query(query, nowMs);
        found.push(...page.records.map(({ sk }) => sk));
        after = page.next;
      } while (after !== null);
      return found;
    };
    assert.deepEqual(await keysOf('', ['a', 'ac', 'zz'], 2), ['ab', 'ad', 'ae', 'b']);
    assert.deepEqual(await keysOf('a', ['a', 'ae'], 1_000), ['ab', 'ac', 'ad']);
    assert.deepEqual(await keysOf('a', ['a', 'ab', 'ac', 'ad', 'ae'], 2), []);
  });

  test('a query gives only keys greater than `after`, wherever that lies', async () => {
    await table().putAll(['a1', 'b1', 'b2', 'b3', 'c1'].map((sk) => record('after', sk)));
    const cases: [after: string, skPrefix: string, expected: string[]][] = [
      ['b1', 'b', ['b2', 'b3']],
      ['b11', 'b', ['b2', 'b3']],
      ['b3', 'b', []],
      ['a', 'b', ['b1', 'b2', 'b3']],
      ['c', 'b', []],
      ['b2', '', ['b3', 'c1']],
    ];
    for (const [after, skPrefix, expected] of cases) {
      const { records } = await table().query({ pk: 'after', skPrefix, after, limit: 10 }, nowMs);
      assert.deepEqual(
        records.map(({ sk }) => sk),
        expected,
        `after ${after} in ${skPrefix}`,
      );
    }
  });
}

function pages(table: () => Table): void {
  test('pages end at `limit`, `next` leads through all of them and is null at the end', async () => {
    const keys = Array.from({ length: 25 }, (_, number) => String(number).padStart(3, '0'));
    await table().putAll(keys.map((sk) => record('pages', sk)));
    const first = await table().query({ pk: 'pages', skPrefix: '', after: null, limit: 10 }, nowMs);
    assert.equal(first.records.length, 10);
    assert.equal(first.next, '009');
    assert.deepEqual(
      (await queryAll(table(), 'pages', '', 10)).map(({ sk }) => sk),
      keys,
    );
  });

  test('a page ends at about 1 MB', async () => {
    const keys = ['1', '2', '3', '4', '5', '6'];
    await table().putAll(keys.map((sk) => record('large', sk, new Uint8Array(300_000))));
    const { records, next } = await table().query({ pk: 'large', skPrefix: '', after: null, limit: 100 }, nowMs);
    assert.ok(records.length >= 3 && records.length <= 4, `${records.length} records of 300 KB`);
    assert.equal(next, records.at(-1)?.sk);
    assert.deepEqual(
      (await queryAll(table(), 'large', '')).map(({ sk }) => sk),
      keys,
    );
  });

  test('a query sees every acknowledged write, with its version', async () => {
    for (const sk of ['a', 'b', 'c']) {
      await table().putIf(record('consistent', sk), 'absent');
      const found = await queryAll(table(), 'consistent', '');
      assert.deepEqual(found.at(-1), { ...record('consistent', sk), version: 1 });
    }
  });
}

function manyRecords(table: () => Table): void {
  test('putAll writes any number of records whatever stands there, as version 1', async () => {
    await table().putIf(record('many', '0000'), 'absent');
    await table().putIf(record('many', '0000'), 1);
    const records = Array.from({ length: 130 }, (_, number) => record('many', String(number).padStart(4, '0'), 'new'));
    await table().putAll(records);
    assert.deepEqual(
      await queryAll(table(), 'many', ''),
      records.map((put) => ({ ...put, version: 1 })),
    );
    await table().putAll([]);
  });

  test('of two records of one key in one putAll the last stands', async () => {
    await table().putAll([record('twice', 'a', '1'), record('twice', 'a', '2')]);
    assert.equal((await table().load({ pk: 'twice', sk: 'a' }, nowMs))?.body, '2');
  });

  test('deleteAll removes keys, absent ones are fine, and a repeat is harmless', async () => {
    const keys = Array.from({ length: 60 }, (_, number) => ({ pk: 'deleted', sk: String(number) }));
    await table().putAll([...keys.map(({ pk, sk }) => record(pk, sk)), record('deleted', 'kept')]);
    await table().deleteAll([...keys, { pk: 'deleted', sk: 'never there' }]);
    await table().deleteAll(keys);
    await table().deleteAll([]);
    assert.deepEqual((await queryAll(table(), 'deleted', '')).map(keyOf), [{ pk: 'deleted', sk: 'kept' }]);
  });

  test('a deleted record starts again at version 1', async () => {
    await table().putIf(record('again', 'a'), 'absent');
    await table().putIf(record('again', 'a'), 1);
    await table().deleteAll([{ pk: 'again', sk: 'a' }]);
    assert.deepEqual(await table().putIf(record('again', 'a'), 'absent'), { kind: 'saved', version: 1 });
  });

  test('concurrent writes of one turn are all durable on return', async () => {
    const writes = Array.from({ length: 50 }, (_, number) => table().putIf(record('turn', String(number)), 'absent'));
    await Promise.all([...writes, table().putAll([record('turn', 'all')])]);
    assert.equal((await queryAll(table(), 'turn', '')).length, 51);
  });
}

function commits(table: () => Table): void {
  const put = (sk: string, expected: 'absent' | 'any' | number): TableWrite => ({
    kind: 'put',
    record: record('commit', sk, 'committed'),
    expected,
  });
  const remove = (sk: string, expected: 'any' | number): TableWrite => ({
    kind: 'delete',
    key: { pk: 'commit', sk },
    expected,
  });

  test('a commit writes and deletes together', async () => {
    await table().putAll([record('commit', 'a'), record('commit', 'b'), record('commit', 'c')]);
    const outcome = await table().commit([put('a', 1), remove('b', 1), remove('c', 'any'), put('d', 'absent')]);
    assert.deepEqual(outcome, { kind: 'committed' });
    assert.equal((await table().load({ pk: 'commit', sk: 'a' }, nowMs))?.version, 2);
    assert.equal(await table().load({ pk: 'commit', sk: 'b' }, nowMs), null);
    assert.equal(await table().load({ pk: 'commit', sk: 'c' }, nowMs), null);
    assert.equal((await table().load({ pk: 'commit', sk: 'd' }, nowMs))?.version, 1);
  });

  test('one failed comparison undoes all, and the first failed one comes back', async () => {
    await table().putAll([record('commit', 'e', 'old'), record('commit', 'f', 'old')]);
    const outcome = await table().commit([put('new', 'absent'), put('e', 7), put('f', 'absent')]);
    assert.deepEqual(outcome, {
      kind: 'conflict',
      key: { pk: 'commit', sk: 'e' },
      current: { ...record('commit', 'e', 'old'), version: 1 },
    });
    assert.equal(await table().load({ pk: 'commit', sk: 'new' }, nowMs), null);
    assert.equal((await table().load({ pk: 'commit', sk: 'f' }, nowMs))?.body, 'old');
  });

  test('a delete that expects a version of an absent record is a conflict', async () => {
    assert.deepEqual(await table().commit([remove('nothing', 3)]), {
      kind: 'conflict',
      key: { pk: 'commit', sk: 'nothing' },
      current: null,
    });
  });

  test('"any" skips the comparison and still counts the version', async () => {
    await table().commit([put('any', 'any')]);
    await table().commit([put('any', 'any')]);
    assert.equal((await table().load({ pk: 'commit', sk: 'any' }, nowMs))?.version, 2);
    assert.deepEqual(await table().commit([remove('absent anyway', 'any')]), { kind: 'committed' });
  });

  test('a commit takes at most 100 writes, each key once', async () => {
    const writes = Array.from({ length: MAX_COMMIT_WRITES }, (_, number) => put(`full ${number}`, 'absent'));
    assert.deepEqual(await table().commit(writes), { kind: 'committed' });
    await assert.rejects(table().commit([...writes, put('one more', 'absent')]), RangeError);
    await assert.rejects(table().commit([put('twice', 'any'), remove('twice', 'any')]), RangeError);
    assert.deepEqual(await table().commit([]), { kind: 'committed' });
  });
}
