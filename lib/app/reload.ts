import { type App, reloadApp } from './app.ts';
import { FLUSH_NOT_BEFORE_MS, readRouting } from './routing.ts';

/**
 * Reads the configuration again and brings all stored alerts under it, with fresh timers, as a reload of Alertmanager does.
 * Throws InvalidInput with every mistake; nothing has changed then.
 */
export async function reloadAndReroute(): Promise<App> {
  const app = await reloadApp();
  const { table, queue, clock, config } = app;
  // Loaded when somebody reloads: the function that takes the request has no other use for it.
  const { createGroupJoining } = await import('../services/group-joining.ts');
  const { createRerouteService } = await import('../services/reroute.ts');
  const ports = { table, queue, config: readRouting(config) };
  const limits = { flushNotBeforeMs: FLUSH_NOT_BEFORE_MS };
  const joining = createGroupJoining(ports, limits);
  await createRerouteService({ ...ports, joining }, limits).reroute(clock.nowMs());
  return app;
}
