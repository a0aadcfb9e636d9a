import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createEmbeddedTable } from '../../lib/adapters/embedded-table.ts';
import { type Labels, labelsFromPairs, labelsOf } from '../../lib/model/labels.ts';
import type { AlertState } from '../../lib/rules/alert-state.ts';
import type { GroupState, RuleMemory } from '../../lib/rules/group-state.ts';
import { createRuleStateStore } from '../../lib/store/rule-state.ts';
import { decodeGroupState, encodeGroupState } from '../../lib/store/rule-state-format.ts';

const clock = { nowMs: () => 1_000_000 };
const nowMs = clock.nowMs();

function stateOf(series: readonly Labels[], lastEvalAtMs = 60_000): GroupState {
  const memory: RuleMemory = { kind: 'recording', series };
  const rules = [{ key: 'k', lastError: null, durationMs: 3, memory }];
  return { lastEvalAtMs, intervalMs: 60_000, startedAtMs: 60_007, durationMs: 5, missed: 1, rules };
}

/** Label sets have a lazy key, so values are compared by what is stored of them. */
function same(a: GroupState | undefined, b: GroupState): void {
  assert.ok(a !== undefined);
  const plain = (state: GroupState): string =>
    JSON.stringify(state, (_, value: unknown) => (typeof value === 'number' ? String(value) : value));
  assert.equal(plain(a), plain(b));
}

const anyPairs = fc.array(fc.tuple(fc.string({ minLength: 1, unit: 'grapheme' }), fc.string({ minLength: 1 })), {
  maxLength: 4,
});
const anyLabels = anyPairs.map(labelsFromPairs);
const anyAlert: fc.Arbitrary<AlertState> = fc.oneof(
  fc.record({ state: fc.constant('pending' as const), activeAtMs: fc.nat() }),
  fc.record({
    state: fc.constant('firing' as const),
    activeAtMs: fc.nat(),
    firedAtMs: fc.nat(),
    lastSentAtMs: fc.option(fc.nat()),
    absentSinceMs: fc.option(fc.nat()),
  }),
  fc.record({
    state: fc.constant('resolved' as const),
    activeAtMs: fc.nat(),
    firedAtMs: fc.nat(),
    lastSentAtMs: fc.option(fc.nat()),
    resolvedAtMs: fc.nat(),
  }),
);
const anyMemory: fc.Arbitrary<RuleMemory> = fc.oneof(
  fc.record({ kind: fc.constant('recording' as const), series: fc.array(anyLabels) }),
  fc.record({
    kind: fc.constant('alerting' as const),
    alerts: fc.record({
      instances: fc.array(fc.record({ labels: anyLabels, annotations: anyPairs, value: fc.double(), alert: anyAlert })),
      orphans: fc.array(anyLabels),
    }),
  }),
);
const anyState = fc.record({
  lastEvalAtMs: fc.nat(),
  intervalMs: fc.nat(),
  startedAtMs: fc.nat(),
  durationMs: fc.nat(),
  missed: fc.nat(),
  rules: fc.array(
    fc.record({ key: fc.string(), lastError: fc.option(fc.string()), durationMs: fc.nat(), memory: anyMemory }),
  ),
});

test('law: decoding what was encoded gives the state back, NaN and infinities included', () => {
  fc.assert(fc.property(anyState, (state) => same(decodeGroupState(encodeGroupState(state)), state)));
});

test('what is no state of ours is refused by name', () => {
  assert.throws(() => decodeGroupState('{"format":2}'), /not the state of a rule group/);
});

test('a state is replaced by who knows its version, and by nobody else', async () => {
  const table = createEmbeddedTable({ path: ':memory:', clock });
  const store = createRuleStateStore({ table });
  const name = { file: 'rules/a.yml', group: 'g' };
  assert.equal(await store.load(name.file, name.group, nowMs), null);
  assert.equal(await store.save({ ...name, before: null, state: stateOf([]) }, nowMs), true);
  assert.equal(await store.save({ ...name, before: null, state: stateOf([], 1) }, nowMs), false);
  const first = await store.load(name.file, name.group, nowMs);
  same(first?.state, stateOf([]));
  assert.equal(await store.save({ ...name, before: first, state: stateOf([], 2) }, nowMs), true);
  assert.equal(await store.save({ ...name, before: first, state: stateOf([], 3) }, nowMs), false);
  same((await store.load(name.file, name.group, nowMs))?.state, stateOf([], 2));
  await table.close();
});

test('a state of several megabytes is kept in parts, and the parts of the one before are removed', async () => {
  const table = createEmbeddedTable({ path: ':memory:', clock });
  const store = createRuleStateStore({ table });
  const name = { file: 'rules/a.yml', group: 'g' };
  const many = Array.from({ length: 20_000 }, (_, i) =>
    labelsOf({ __name__: 'm', instance: `höst-${i}:9100`, id: `${i}` }),
  );
  assert.equal(await store.save({ ...name, before: null, state: stateOf(many) }, nowMs), true);
  const first = await store.load(name.file, name.group, nowMs);
  same(first?.state, stateOf(many));
  assert.ok(first !== null && first.parts.length > 1);
  assert.equal(await store.save({ ...name, before: first, state: stateOf(many.slice(1), 2) }, nowMs), true);
  for (const key of first.parts) assert.equal(await table.load(key, nowMs), null);
  const second = await store.load(name.file, name.group, nowMs);
  same(second?.state, stateOf(many.slice(1), 2));
  assert.ok(second !== null);
  await store.remove(name.file, name.group, second);
  assert.equal(await store.load(name.file, name.group, nowMs), null);
  for (const key of second.parts) assert.equal(await table.load(key, nowMs), null);
  await table.close();
});

test('two writers of long states at once: one wins, and the state is that of the winner', async () => {
  const table = createEmbeddedTable({ path: ':memory:', clock });
  const store = createRuleStateStore({ table });
  const name = { file: 'rules/a.yml', group: 'g' };
  const wide = (mark: string): GroupState =>
    stateOf(Array.from({ length: 15_000 }, (_, i) => labelsOf({ instance: `${mark}-instance-number-${i}` })));
  const saved = await Promise.all([
    store.save({ ...name, before: null, state: wide('a') }, nowMs),
    store.save({ ...name, before: null, state: wide('b') }, nowMs),
  ]);
  assert.deepEqual([...saved].sort(), [false, true]);
  same((await store.load(name.file, name.group, nowMs))?.state, wide(saved[0] ? 'a' : 'b'));
  await table.close();
});
