import { withDeadline } from '../adapters/deadline.ts';
import { createHealthService, type HealthService } from '../services/health.ts';
import { type App, part } from './app.ts';
import { version } from './version.ts';

/** Of each health check; load balancers give up after about five seconds. */
const CHECK_DEADLINE_MS = 3_000;

export interface HealthApp extends App {
  readonly health: HealthService;
}

/** With the service that reports on this installation; further checks are registered here. */
export const healthApp = part(async (base): Promise<HealthApp> => {
  const { clock, table, queue } = base;
  const startedAtMs = clock.nowMs() - process.uptime() * 1_000;
  const settings = { version, startedAtMs, deadlineMs: CHECK_DEADLINE_MS };
  return { ...base, health: createHealthService({ clock, table, queue, withDeadline }, settings) };
});
