import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRecentlyUsed } from '../../lib/model/recently-used.ts';

test('what was not asked for longest goes when all weigh too much', () => {
  const kept = createRecentlyUsed<number>(10);
  kept.keep('a', 1, 4);
  kept.keep('b', 2, 4);
  assert.equal(kept.get('a'), 1);
  kept.keep('c', 3, 4);
  assert.deepEqual([kept.get('a'), kept.get('b'), kept.get('c')], [1, undefined, 3]);
});

test('the newest stays, whatever it weighs', () => {
  const kept = createRecentlyUsed<number>(10);
  kept.keep('a', 1, 1);
  kept.keep('b', 2, 100);
  assert.deepEqual([kept.get('a'), kept.get('b')], [undefined, 2]);
  kept.keep('c', 3, 1);
  assert.deepEqual([kept.get('b'), kept.get('c')], [undefined, 3]);
});

test('a key that is kept again weighs what its new value does', () => {
  const kept = createRecentlyUsed<number>(10);
  kept.keep('a', 1, 9);
  kept.keep('a', 2, 2);
  kept.keep('b', 3, 8);
  assert.deepEqual([kept.get('a'), kept.get('b')], [2, 3]);
});
