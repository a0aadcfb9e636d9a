/**
 * Whether this installation does its work: named checks, run side by side, each with a deadline. A failed critical check makes
 * the whole unhealthy, any other failure degrades it. More checks are added with `register`. Nothing is written, so any number
 * of calls repeats the same answer.
 */
import { type Clock, QUEUES, type Queue, type Table } from '../ports.ts';
import { createScheduleStore } from '../store/schedule-state.ts';
import { type GroupEvaluation, loadEvaluations } from './last-evaluations.ts';

/** What a check found. */
export interface CheckFinding {
  /** What is wrong; null when all is well. */
  readonly failure: string | null;
  /** Figures for the detailed report, failed or not. */
  readonly details: Readonly<Record<string, string | number | boolean | null>>;
}

export interface HealthCheck {
  /** Unique, snake_case: "memory_store". */
  readonly name: string;
  /** Without it the system cannot do its work. */
  readonly isCritical: boolean;
  /** Throwing is a failure, too, and so is not to answer in time. */
  readonly check: (nowMs: number) => Promise<CheckFinding>;
}

export interface CheckResult extends CheckFinding {
  readonly name: string;
  readonly isCritical: boolean;
  readonly durationMs: number;
}

export interface HealthReport {
  readonly status: 'healthy' | 'degraded' | 'unhealthy';
  readonly atMs: number;
  readonly uptimeMs: number;
  readonly durationMs: number;
  readonly version: string;
  /** In order of registration. */
  readonly checks: readonly CheckResult[];
}

export interface HealthDependencies {
  readonly clock: Clock;
  readonly table: Table;
  readonly queue: Queue;
  /** Gives what `work` gives, or throws an Error once `deadlineMs` have passed. */
  readonly withDeadline: <T>(work: Promise<T>, deadlineMs: number) => Promise<T>;
}

export interface HealthSettings {
  readonly version: string;
  readonly startedAtMs: number;
  /** Of each check. */
  readonly deadlineMs: number;
}

export interface HealthService {
  /** Adds a check; throws when the name is taken. */
  register(check: HealthCheck): void;
  report(nowMs: number): Promise<HealthReport>;
  /** When each rule group was last evaluated. */
  evaluations(nowMs: number): Promise<readonly GroupEvaluation[]>;
}

/** With the checks every installation has: table, queue, evaluation (critical) and dead_letters. */
export function createHealthService(dependencies: HealthDependencies, settings: HealthSettings): HealthService {
  const { clock, withDeadline } = dependencies;
  const checks = new Map(ownChecks(dependencies, settings).map((check) => [check.name, check]));

  async function run({ name, isCritical, check }: HealthCheck, nowMs: number): Promise<CheckResult> {
    const startMs = clock.nowMs();
    const finding = await withDeadline((async () => check(nowMs))(), settings.deadlineMs).catch(
      (error: unknown): CheckFinding => ({
        failure: error instanceof Error ? error.message : String(error),
        details: {},
      }),
    );
    return { name, isCritical, durationMs: clock.nowMs() - startMs, ...finding };
  }

  return {
    register: (check) => {
      if (checks.has(check.name)) throw new Error(`a health check named ${JSON.stringify(check.name)} exists already`);
      checks.set(check.name, check);
    },
    report: async (nowMs) => {
      const startMs = clock.nowMs();
      const results = await Promise.all([...checks.values()].map((check) => run(check, nowMs)));
      return {
        status: statusOf(results),
        atMs: nowMs,
        uptimeMs: nowMs - settings.startedAtMs,
        durationMs: clock.nowMs() - startMs,
        version: settings.version,
        checks: results,
      };
    },
    evaluations: (nowMs) => loadEvaluations(dependencies.table, nowMs),
  };
}

function statusOf(results: readonly CheckResult[]): HealthReport['status'] {
  const failed = results.filter(({ failure }) => failure !== null);
  if (failed.length === 0) return 'healthy';
  return failed.some(({ isCritical }) => isCritical) ? 'unhealthy' : 'degraded';
}

/** Not a record of anything: reading it shows that the table answers. */
const PROBE_KEY = { pk: 'health', sk: 'probe' };

function ownChecks({ table, queue }: HealthDependencies, { startedAtMs }: HealthSettings): readonly HealthCheck[] {
  return [
    {
      name: 'table',
      isCritical: true,
      check: async (nowMs) => {
        await table.load(PROBE_KEY, nowMs);
        return { failure: null, details: {} };
      },
    },
    {
      name: 'queue',
      isCritical: true,
      check: async () => ({ failure: null, details: await countEach(queue, ({ waiting }) => waiting) }),
    },
    {
      name: 'evaluation',
      isCritical: true,
      check: (nowMs) => checkEvaluation(table, nowMs, startedAtMs),
    },
    {
      name: 'dead_letters',
      isCritical: false,
      check: async () => {
        const details = await countEach(queue, ({ dead }) => dead);
        const some = Object.entries(details).filter(([, count]) => count > 0);
        const failure = some.length === 0 ? null : some.map(([name, count]) => `${count} from ${name}`).join(', ');
        return { failure, details };
      },
    },
  ];
}

async function countEach(
  queue: Queue,
  count: (depth: { readonly waiting: number; readonly dead: number }) => number,
): Promise<Readonly<Record<string, number>>> {
  return Object.fromEntries(await Promise.all(QUEUES.map(async (name) => [name, count(await queue.depth(name))])));
}

/** Two ticks of the schedule may be late before we say that it has stopped. */
const MAX_SCHEDULE_AGE_MS = 120_000;

async function checkEvaluation(table: Table, nowMs: number, startedAtMs: number): Promise<CheckFinding> {
  const finding = findLateGroups(await loadEvaluations(table, nowMs), nowMs, startedAtMs);
  const enqueuedUntilMs = (await createScheduleStore({ table }).load(nowMs))?.state.enqueuedUntilMs ?? 0;
  if (nowMs - Math.max(enqueuedUntilMs, startedAtMs) <= MAX_SCHEDULE_AGE_MS) return finding;
  return { failure: 'the schedule that starts evaluations does not run', details: finding.details };
}

/** A group is late when its last evaluation, or this start if that is later, lies more than two intervals back. */
function findLateGroups(groups: readonly GroupEvaluation[], nowMs: number, startedAtMs: number): CheckFinding {
  const late = groups.filter(
    ({ lastEvalAtMs, intervalMs }) => nowMs - Math.max(lastEvalAtMs ?? 0, startedAtMs) > 2 * intervalMs,
  );
  const evaluated = groups.flatMap(({ lastEvalAtMs }) => (lastEvalAtMs === null ? [] : [lastEvalAtMs]));
  const lastAgeMs = evaluated.length === 0 ? null : nowMs - Math.max(...evaluated);
  const details = {
    groups: groups.length,
    late_groups: late.length,
    last_evaluation_age_seconds: lastAgeMs === null ? null : lastAgeMs / 1_000,
  };
  const [first] = late;
  if (first === undefined) return { failure: null, details };
  return { failure: `not evaluated for two intervals: ${first.file} ${first.group}, ${late.length} in all`, details };
}
