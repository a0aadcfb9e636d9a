import type { Clock, Logger } from '../ports.ts';
import type { Schedule } from './manifest.ts';

const SLACK_MS = 500;

export interface TimerOptions {
  readonly schedule: Schedule;
  readonly clock: Clock;
  readonly log: Logger;
  readonly invoke: (event: unknown) => Promise<unknown>;
}

export interface Timer {
  /** Starts nothing more and waits for what runs. */
  stop(): Promise<void>;
}

/** Calls a scheduled function now and then at each whole multiple of its interval, never twice at once. */
export function startTimer({ schedule, clock, log, invoke }: TimerOptions): Timer {
  let timer: NodeJS.Timeout | undefined;
  let running = Promise.resolve();
  let stopped = false;

  function fire(): void {
    running = invoke(schedule.input).then(
      () => scheduleNext(),
      (error: unknown) => {
        const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
        log.log('error', 'schedule failed', { function: schedule.functionName, error: detail });
        scheduleNext();
      },
    );
  }

  function scheduleNext(): void {
    if (stopped) return;
    // A timer may ring a little early: what was called just before a multiple is not called again at it.
    timer = setTimeout(fire, schedule.everyMs - ((clock.nowMs() + SLACK_MS) % schedule.everyMs) + SLACK_MS);
  }

  fire();
  return {
    stop: async () => {
      stopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}
