import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commonPairs } from '../../lib/notify/notification.ts';

test('what alerts have in common is what the first has and no other contradicts, where nothing is as good as empty', () => {
  const note = ['note', 'n'] as const;
  const empty = ['empty', ''] as const;
  assert.deepEqual(commonPairs([[empty, note], [note]]), [empty, note]);
  assert.deepEqual(commonPairs([[note], [empty, note]]), [note]);
  assert.deepEqual(commonPairs([[empty, note], [['note', 'other']]]), [empty]);
  assert.deepEqual(commonPairs([[note], []]), []);
  assert.deepEqual(commonPairs([]), []);
});
