import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createEmbeddedQueue } from '../../lib/adapters/embedded-queue.ts';
import { createEmbeddedTable } from '../../lib/adapters/embedded-table.ts';
import type { OutgoingMessage, QueueName } from '../../lib/ports.ts';
import { dueSlots } from '../../lib/rules/due-groups.ts';
import type { RuleGroup } from '../../lib/rules/rule-group.ts';
import { decodeEvaluate } from '../../lib/services/messages.ts';
import { createScheduleService, type ScheduleService } from '../../lib/services/schedule.ts';
import { group, recording } from './rule-values.ts';

const MINUTE = 60_000;
const START = 1_700_000_000_000;

interface World {
  readonly sent: OutgoingMessage[];
  readonly time: { nowMs: number };
  service(groups: readonly RuleGroup[]): ScheduleService;
}

/** Embedded ports on a clock that the test moves; what is sent is also noted. */
function createWorld(): World {
  const time = { nowMs: START };
  const clock = { nowMs: () => time.nowMs };
  const sent: OutgoingMessage[] = [];
  const table = createEmbeddedTable({ path: ':memory:', clock });
  const embedded = createEmbeddedQueue({ path: ':memory:', clock, maxReceives: 5 });
  const queue = {
    ...embedded,
    send: async (name: QueueName, messages: readonly OutgoingMessage[]) => {
      await embedded.send(name, messages);
      sent.push(...messages);
    },
  };
  const service = (groups: readonly RuleGroup[]): ScheduleService => createScheduleService({ table, queue, groups });
  return { sent, time, service };
}

function times(world: World): readonly number[] {
  return world.sent.map(({ body }) => decodeEvaluate(body).evalAtMs);
}

const groups = [
  group({ name: 'fast', intervalMs: 10_000, rules: [recording('a', 'b')] }),
  group({ name: 'slow', intervalMs: 5 * MINUTE, rules: [recording('a', 'b')] }),
];

test('an hour of ticks enqueues every evaluation once, each due at its time and delayed less than the queue allows', async () => {
  const world = createWorld();
  const service = world.service(groups);
  for (let minute = 0; minute < 60; minute++) {
    world.time.nowMs = START + minute * MINUTE + (minute % 7) * 3000;
    const before = world.sent.length;
    await service.tick(world.time.nowMs);
    for (const { body, delayMs } of world.sent.slice(before)) {
      assert.equal(world.time.nowMs + delayMs, decodeEvaluate(body).evalAtMs);
      assert.ok(delayMs < 3 * MINUTE);
    }
  }
  const end = Math.floor(world.time.nowMs / MINUTE + 2) * MINUTE;
  assert.deepEqual(
    [...times(world)].sort(),
    dueSlots(groups, START, end).map(({ evalAtMs }) => evalAtMs),
  );
});

test('a tick that comes twice enqueues nothing the second time', async () => {
  const world = createWorld();
  const service = world.service(groups);
  const first = await service.tick(START);
  assert.ok(first.enqueued > 0);
  assert.deepEqual(await service.tick(START + 100), { enqueued: 0, missed: 0, retired: 0 });
});

test('a tick that was cut off before it was noted is repeated whole: doubled messages, none lost', async () => {
  const world = createWorld();
  const cut = world.service(groups);
  await cut.tick(START);
  const once = times(world);
  const other = createWorld();
  await Promise.all([other.service(groups).tick(START), other.service(groups).tick(START)]);
  assert.deepEqual(new Set(times(other)), new Set(once));
});

test('ticks that stayed away are counted as missed evaluations', async () => {
  const world = createWorld();
  const service = world.service(groups);
  await service.tick(START);
  world.time.nowMs = START + 10 * MINUTE;
  const report = await service.tick(world.time.nowMs);
  const coveredUntilMs = Math.floor(START / MINUTE + 2) * MINUTE;
  assert.equal(report.missed, dueSlots(groups, coveredUntilMs, world.time.nowMs).length);
});

test('a group that left the configuration is told to end once, two of its intervals later', async () => {
  const world = createWorld();
  await world.service(groups).tick(START);
  const [, slow] = groups;
  assert.ok(slow !== undefined);
  const after = world.service([slow]);
  const retiredAt: number[] = [];
  for (let minute = 1; minute <= 5; minute++) {
    world.time.nowMs = START + minute * MINUTE;
    const report = await after.tick(world.time.nowMs);
    if (report.retired > 0) retiredAt.push(minute);
  }
  assert.deepEqual(retiredAt, [2]);
});

test('a group that comes back in time goes on', async () => {
  const world = createWorld();
  await world.service(groups).tick(START);
  world.time.nowMs = START + MINUTE;
  await world.service([]).tick(world.time.nowMs);
  for (let minute = 2; minute <= 5; minute++) {
    world.time.nowMs = START + minute * MINUTE;
    assert.equal((await world.service(groups).tick(world.time.nowMs)).retired, 0);
  }
});

test('a group that is new begins at once, though its minute was dealt with', async () => {
  const world = createWorld();
  const [fast, slow] = groups;
  assert.ok(fast !== undefined && slow !== undefined);
  await world.service([slow]).tick(START);
  world.sent.length = 0;
  await world.service([slow, fast]).tick(START + 1000);
  const untilMs = Math.floor(START / MINUTE + 2) * MINUTE;
  assert.deepEqual(
    times(world),
    dueSlots([fast], START + 1000, untilMs).map(({ evalAtMs }) => evalAtMs),
  );
});
