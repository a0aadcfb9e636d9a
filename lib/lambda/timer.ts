/** A function that a schedule calls: one unit of work, one log line. */
import type { App } from '../app/app.ts';

export type TimerFunction = (event: unknown) => Promise<void>;

/** A Lambda handler for a schedule. `handle` gives what the log line says; when it throws, the invocation fails and the next one does the work. */
export function timerHandler<A extends App>(
  loadApp: () => Promise<A>,
  name: string,
  handle: (app: A, nowMs: number) => Promise<Readonly<Record<string, unknown>>>,
): TimerFunction {
  return async () => {
    const loaded = await loadApp();
    const nowMs = loaded.clock.nowMs();
    const report = await handle(loaded, nowMs);
    loaded.log.log('debug', name, { ...report, durationMs: loaded.clock.nowMs() - nowMs });
  };
}
