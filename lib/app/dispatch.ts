import { createDispatchService, type DispatchService } from '../services/dispatch.ts';
import { type App, part } from './app.ts';
import { FLUSH_NOT_BEFORE_MS, NAME_MODE, readRouting } from './routing.ts';

export interface DispatchApp extends App {
  readonly dispatch: DispatchService;
}

/** With the service that brings alerts into their groups. */
export const dispatchApp = part(async (base): Promise<DispatchApp> => {
  const { table, queue } = base;
  const limits = { flushNotBeforeMs: FLUSH_NOT_BEFORE_MS, nameMode: NAME_MODE } as const;
  return { ...base, dispatch: createDispatchService({ table, queue, config: readRouting(base.config) }, limits) };
});
