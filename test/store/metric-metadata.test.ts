import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createEmbeddedTable } from '../../lib/adapters/embedded-table.ts';
import type { Table } from '../../lib/ports.ts';
import { createMetadataStore } from '../../lib/store/metric-metadata.ts';

const NOW_MS = 1_767_225_600_000;
const DAY_MS = 86_400_000;
const gauge = { type: 'gauge', help: 'Whether it is up.', unit: '' };

function bench() {
  const inner = createEmbeddedTable({ path: ':memory:', clock: { nowMs: () => NOW_MS } });
  let written = 0;
  const table: Table = {
    ...inner,
    putAll: (records) => {
      written += records.length;
      return inner.putAll(records);
    },
  };
  return { table, written: () => written };
}

test('metadata is kept, and read by another process', async () => {
  const { table } = bench();
  await createMetadataStore({ table }).save(new Map([['up', gauge]]), NOW_MS);
  assert.deepEqual([...(await createMetadataStore({ table }).load(NOW_MS))], [['up', gauge]]);
});

test('what a sender repeats is written once, a change at once, and again before it would be forgotten', async () => {
  const { table, written } = bench();
  const store = createMetadataStore({ table });
  for (let i = 0; i < 5; i++) await store.save(new Map([['up', gauge]]), NOW_MS + i);
  assert.equal(written(), 1);
  await createMetadataStore({ table }).save(new Map([['up', gauge]]), NOW_MS + 10);
  assert.equal(written(), 1, 'a new process reads first');
  await store.save(new Map([['up', { ...gauge, help: 'changed' }]]), NOW_MS + 20);
  assert.equal(written(), 2);
  await store.save(new Map([['up', { ...gauge, help: 'changed' }]]), NOW_MS + 16 * DAY_MS);
  assert.equal(written(), 3);
  assert.equal((await store.load(NOW_MS + 40 * DAY_MS)).size, 1);
  assert.equal((await store.load(NOW_MS + 50 * DAY_MS)).size, 0);
});

test('names of any length and long help texts are kept within bounds', async () => {
  const { table } = bench();
  const store = createMetadataStore({ table });
  const long = 'n'.repeat(4_000);
  await store.save(
    new Map([
      [long, { ...gauge, help: 'h'.repeat(100_000) }],
      [`${long}2`, gauge],
    ]),
    NOW_MS,
  );
  const loaded = await store.load(NOW_MS);
  assert.deepEqual([loaded.size, loaded.get(long)?.help.length, loaded.get(`${long}2`)?.help], [2, 4_096, gauge.help]);
});
