import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createEmbeddedQueue } from '../../lib/adapters/embedded-queue.ts';
import { createEmbeddedTable } from '../../lib/adapters/embedded-table.ts';
import { renderHealthAt, renderOwnMetrics } from '../../lib/api/health.ts';
import type { HttpReply } from '../../lib/api/http.ts';
import { createHealthService, type HealthCheck, type HealthService } from '../../lib/services/health.ts';
import { createScheduleStore } from '../../lib/store/schedule-state.ts';

const startMs = Date.UTC(2026, 0, 15, 10, 30);

interface World {
  readonly health: HealthService;
  readonly clock: { nowMs: () => number };
  passTime(ms: number): void;
  readonly queue: ReturnType<typeof createEmbeddedQueue>;
}

/** One rule group, evaluated each minute, on an empty store. */
async function world(): Promise<World> {
  let nowMs = startMs;
  const clock = { nowMs: () => nowMs };
  const table = createEmbeddedTable({ path: ':memory:', clock });
  const queue = createEmbeddedQueue({ path: ':memory:', clock, maxReceives: 1 });
  const group = { file: 'rules/a.yml', group: 'a', intervalMs: 60_000, goneSinceMs: null };
  const schedule = createScheduleStore({ table });
  await schedule.saveKnownGroups([group]);
  await schedule.save({ enqueuedUntilMs: startMs + 60_000, missed: 0 }, null);
  const withDeadline = <T>(work: Promise<T>): Promise<T> =>
    Promise.race([work, new Promise<never>((_, reject) => setImmediate(() => reject(new Error('no answer'))))]);
  const settings = { version: '1.0.0', startedAtMs: startMs - 3_600_000, deadlineMs: 1_000 };
  const health = createHealthService({ clock, table, queue, withDeadline }, { ...settings, startedAtMs: startMs });
  return {
    health,
    clock,
    queue,
    passTime: (ms) => {
      nowMs += ms;
    },
  };
}

async function answer({ health, clock }: World, path: string): Promise<HttpReply> {
  return renderHealthAt(path, await health.report(clock.nowMs()));
}

function jsonOf(reply: HttpReply): Record<string, unknown> {
  return JSON.parse(String(reply.body));
}

const passing: HealthCheck['check'] = async () => ({ failure: null, details: { hit_rate_percent: 85.2 } });

test('healthy: one word a component, with time, uptime and version', async () => {
  const here = await world();
  here.passTime(60_000);
  const reply = await answer(here, '/health');
  assert.equal(reply.status, 200);
  assert.deepEqual(jsonOf(reply), {
    status: 'healthy',
    timestamp: '2026-01-15T10:31:00.000Z',
    uptime_seconds: 60,
    version: '1.0.0',
    components: { table: 'healthy', queue: 'healthy', evaluation: 'healthy', dead_letters: 'healthy' },
  });
});

test('detailed: what each check found, how long it took, and the counts', async () => {
  const here = await world();
  here.health.register({ name: 'memory_store', isCritical: false, check: passing });
  const { components, summary, duration_ms } = jsonOf(await answer(here, '/health/detailed'));
  assert.deepEqual(components, {
    table: { status: 'healthy', critical: true, duration_ms: 0 },
    queue: { status: 'healthy', critical: true, duration_ms: 0, evaluate: 0, dispatch: 0, flush: 0, notify: 0 },
    evaluation: {
      status: 'healthy',
      critical: true,
      duration_ms: 0,
      groups: 1,
      late_groups: 0,
      last_evaluation_age_seconds: null,
    },
    dead_letters: { status: 'healthy', critical: false, duration_ms: 0, evaluate: 0, dispatch: 0, flush: 0, notify: 0 },
    memory_store: { status: 'healthy', critical: false, duration_ms: 0, hit_rate_percent: 85.2 },
  });
  assert.deepEqual(summary, { total: 5, passed: 5, failed: 0, critical_failed: 0 });
  assert.equal(duration_ms, 0);
});

test('a failed check degrades the whole (207), a failed critical one makes it unhealthy (503)', async () => {
  const here = await world();
  here.health.register({
    name: 'policy',
    isCritical: false,
    check: async () => ({ failure: 'no policies', details: {} }),
  });
  const degraded = await answer(here, '/health');
  assert.deepEqual([degraded.status, jsonOf(degraded)['status']], [207, 'degraded']);
  assert.equal((await answer(here, '/ready')).status, 200);
  here.health.register({ name: 'audit', isCritical: true, check: () => Promise.reject(new Error('disk is full')) });
  const unhealthy = await answer(here, '/health/detailed');
  assert.deepEqual([unhealthy.status, jsonOf(unhealthy)['status']], [503, 'unhealthy']);
  assert.deepEqual(jsonOf(unhealthy)['summary'], { total: 6, passed: 4, failed: 2, critical_failed: 1 });
  const ready = await answer(here, '/ready');
  assert.deepEqual([ready.status, jsonOf(ready)], [503, { ready: false, failed: ['audit'] }]);
  assert.equal((await answer(here, '/-/ready')).body, 'Tocsin is not ready: audit: disk is full\n');
});

test('a check that never answers fails at its deadline and delays no other', async () => {
  const here = await world();
  here.health.register({ name: 'stuck', isCritical: false, check: () => new Promise(() => undefined) });
  const report = await here.health.report(here.clock.nowMs());
  assert.deepEqual(
    report.checks.flatMap(({ name, failure }) => (failure === null ? [] : [[name, failure]])),
    [['stuck', 'no answer']],
  );
});

test('a name is taken once', async () => {
  const { health } = await world();
  assert.throws(() => health.register({ name: 'table', isCritical: true, check: passing }), /"table" exists already/);
});

test('not ready once a rule group was not evaluated for two intervals', async () => {
  const here = await world();
  here.passTime(120_000);
  assert.equal((await answer(here, '/ready')).status, 200);
  here.passTime(1);
  assert.equal((await answer(here, '/ready')).status, 503);
  assert.match(
    String((await answer(here, '/-/ready')).body),
    /not evaluated for two intervals: rules\/a\.yml a, 1 in all/,
  );
});

test('not ready once the schedule that starts evaluations has stopped', async () => {
  const here = await world();
  here.passTime(180_001);
  assert.match(
    String((await answer(here, '/-/ready')).body),
    /evaluation: the schedule that starts evaluations does not run/,
  );
});

test('own metrics count what waits and what was given up', async () => {
  const here = await world();
  await here.queue.send('notify', [
    { body: '1', delayMs: 0 },
    { body: '2', delayMs: 900_000 },
  ]);
  await here.queue.receive('notify', 10, 1_000);
  here.passTime(1_000);
  const report = await here.health.report(here.clock.nowMs());
  assert.equal(report.status, 'degraded');
  const evaluations = [{ file: 'rules/a.yml', group: 'say "hi"', intervalMs: 60_000, lastEvalAtMs: startMs }];
  const { body } = renderOwnMetrics(report, { evaluations, loadedAtMs: startMs });
  for (const line of [
    'tocsin_build_info{version="1.0.0"} 1',
    'tocsin_health_check_up{check="dead_letters"} 0',
    'tocsin_queue_messages{queue="notify"} 1',
    'tocsin_queue_dead_letters{queue="notify"} 1',
    `tocsin_rule_group_last_evaluation_timestamp_seconds{file="rules/a.yml",group="say \\"hi\\""} ${startMs / 1_000}`,
  ]) {
    assert.ok(String(body).split('\n').includes(line), `${line}\nnot in\n${body}`);
  }
});
