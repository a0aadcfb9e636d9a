import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createDeliveryLanes } from '../../lib/services/delivery-lanes.ts';

test('four attempts at a destination at once, whatever others do', () => {
  const lanes = createDeliveryLanes();
  const entered = [1, 2, 3, 4, 5].map((i) => lanes.enter('a', 1_000 + i, 0));
  assert.deepEqual(entered, [true, true, true, true, false]);
  assert.equal(lanes.enter('b', 1_000, 0), true);
  lanes.leave('a', 1_002, false);
  assert.deepEqual([lanes.enter('a', 1_006, 0), lanes.enter('a', 1_007, 0)], [true, false]);
});

test('a destination that does not answer is tried one by one until it does', () => {
  const lanes = createDeliveryLanes();
  for (const untilMs of [1_000, 1_001]) lanes.enter('a', untilMs, 0);
  lanes.leave('a', 1_000, true);
  assert.equal(lanes.enter('a', 2_000, 500), false);
  lanes.leave('a', 1_001, true);
  assert.deepEqual([lanes.enter('a', 2_000, 500), lanes.enter('a', 2_001, 500)], [true, false]);
  lanes.leave('a', 2_000, false);
  assert.deepEqual([lanes.enter('a', 3_000, 600), lanes.enter('a', 3_001, 600)], [true, true]);
});

test('an attempt that never came back counts no longer than its time', () => {
  const lanes = createDeliveryLanes();
  for (let i = 0; i < 4; i++) lanes.enter('a', 1_000, 0);
  assert.deepEqual([lanes.enter('a', 2_000, 999), lanes.enter('a', 2_000, 1_000)], [false, true]);
});
