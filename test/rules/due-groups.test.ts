import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { dueSlots, slotAtOrBefore, slotOffsetMs, slotsMissed } from '../../lib/rules/due-groups.ts';
import type { RuleGroup } from '../../lib/rules/rule-group.ts';
import { planTick } from '../../lib/rules/schedule.ts';
import { group, recording } from './rule-values.ts';

const MINUTE = 60_000;
const anyGroup = fc
  .record({ file: fc.string(), name: fc.string(), intervalMs: fc.integer({ min: 1000, max: 10 * MINUTE }) })
  .map((fields): RuleGroup => group({ ...fields, rules: [recording('a', 'b')] }));
const anyInstant = fc.integer({ min: 0, max: 4_102_444_800_000 });

test('law: a slot is a multiple of the interval plus an offset within it, the same each time', () => {
  fc.assert(
    fc.property(anyGroup, anyInstant, (some, atMs) => {
      const offsetMs = slotOffsetMs(some);
      assert.ok(offsetMs >= 0 && offsetMs < some.intervalMs && Number.isInteger(offsetMs));
      const slotMs = slotAtOrBefore(some, atMs);
      assert.ok(slotMs <= atMs && atMs < slotMs + some.intervalMs);
      assert.equal((((slotMs - offsetMs) % some.intervalMs) + some.intervalMs) % some.intervalMs, 0);
    }),
  );
});

test('law: the slots of two adjoining stretches are the slots of both together, each once', () => {
  const stretch = fc.tuple(anyInstant, fc.nat(5 * MINUTE), fc.nat(5 * MINUTE));
  fc.assert(
    fc.property(fc.array(anyGroup, { maxLength: 3 }), stretch, (groups, [fromMs, first, second]) => {
      const [middleMs, toMs] = [fromMs + first, fromMs + first + second];
      const parts = [...dueSlots(groups, fromMs, middleMs), ...dueSlots(groups, middleMs, toMs)];
      assert.deepEqual(parts, dueSlots(groups, fromMs, toMs));
    }),
  );
});

test('groups of one interval are spread over it', () => {
  const offsets = Array.from({ length: 200 }, (_, i) =>
    slotOffsetMs(group({ name: `group ${i}`, intervalMs: MINUTE })),
  );
  const quarters = [0, 1, 2, 3].map((quarter) => offsets.filter((ms) => Math.floor(ms / 15_000) === quarter).length);
  for (const count of quarters) assert.ok(count > 25, `${quarters.join(', ')} groups in the quarters of the minute`);
});

test('the offset of a group never changes: it is part of when recorded samples stand', () => {
  assert.equal(slotOffsetMs({ file: 'rules/api.yml', name: 'api', intervalMs: MINUTE }), 39_026);
  assert.equal(slotOffsetMs({ file: 'rules/api.yml', name: 'api', intervalMs: 15_000 }), 9_026);
});

test('a group of 15 s is due four times a minute, one of 2 m every other minute, one without rules never', () => {
  const count = (some: RuleGroup, minutes: number): number => dueSlots([some], 0, minutes * MINUTE).length;
  const rules = [recording('a', 'b')];
  assert.equal(count(group({ intervalMs: 15_000, rules }), 1), 4);
  assert.equal(count(group({ intervalMs: 2 * MINUTE, rules }), 2), 1);
  assert.equal(count(group({ intervalMs: MINUTE, rules: [] }), 5), 0);
});

test('missed slots are those strictly between two evaluations', () => {
  const some = group({ intervalMs: 15_000 });
  assert.equal(slotsMissed(some, 100_000, 115_000), 0);
  assert.equal(slotsMissed(some, 100_000, 145_000), 2);
  assert.equal(slotsMissed(some, 100_000, 100_000), 0);
});

test('a tick enqueues up to the end of the coming minute; a second one in the same minute nothing', () => {
  const groups = [group({ intervalMs: 15_000, rules: [recording('a', 'b')] })];
  const nowMs = 10 * MINUTE + 20_000;
  const first = planTick(groups, null, nowMs);
  assert.equal(first.enqueuedUntilMs, 12 * MINUTE);
  assert.ok(first.slots.every(({ evalAtMs }) => evalAtMs >= nowMs && evalAtMs < 12 * MINUTE));
  assert.deepEqual(planTick(groups, first.enqueuedUntilMs, nowMs + 5000).slots, []);
  const next = planTick(groups, first.enqueuedUntilMs, nowMs + MINUTE);
  assert.deepEqual([...first.slots, ...next.slots], dueSlots(groups, nowMs, 13 * MINUTE));
});

test('after ticks stayed away the slots that passed are counted and not made up for', () => {
  const groups = [group({ intervalMs: 15_000, rules: [recording('a', 'b')] })];
  const tick = planTick(groups, 10 * MINUTE, 20 * MINUTE);
  assert.equal(tick.missed, 40);
  assert.ok(tick.slots.every(({ evalAtMs }) => evalAtMs >= 20 * MINUTE));
});
