/** Timer, each minute: enqueues the rule groups that are due, then has done what lost messages have left undone. */
import { scheduleApp } from '../lib/app/schedule.ts';
import { timerHandler } from '../lib/lambda/timer.ts';

export const handler = timerHandler(scheduleApp, 'tick', async ({ schedule, sweep }, nowMs) => {
  const ticked = await schedule.tick(nowMs);
  const swept = await sweep.sweep(nowMs);
  return { ...ticked, ...swept };
});
