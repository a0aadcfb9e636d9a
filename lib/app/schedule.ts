import { createGroupJoining } from '../services/group-joining.ts';
import { createRerouteService } from '../services/reroute.ts';
import { createScheduleService, type ScheduleService } from '../services/schedule.ts';
import { createSweepService, type SweepService } from '../services/sweep.ts';
import { type App, part } from './app.ts';
import { FLUSH_NOT_BEFORE_MS, readRouting } from './routing.ts';
import { readRules } from './rules.ts';

export interface ScheduleApp extends App {
  readonly schedule: ScheduleService;
  readonly sweep: SweepService;
}

/** With what is done each minute: enqueue evaluations, and repair what was lost on the way of alerts. */
export const scheduleApp = part(async (base): Promise<ScheduleApp> => {
  const { table, queue, config } = base;
  const { groups } = readRules(config);
  const ports = { table, queue, config: readRouting(config) };
  const limits = { flushNotBeforeMs: FLUSH_NOT_BEFORE_MS };
  const joining = createGroupJoining(ports, limits);
  const rerouting = createRerouteService({ ...ports, joining }, limits);
  return {
    ...base,
    schedule: createScheduleService({ table, queue, groups }),
    sweep: createSweepService({ table, queue, joining, rerouting }),
  };
});
