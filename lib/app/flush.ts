import { createFlushService, type FlushService } from '../services/flush.ts';
import { createGroupJoining } from '../services/group-joining.ts';
import { type App, part } from './app.ts';
import { FLUSH_NOT_BEFORE_MS, loggedReceivers, RETENTION_MS, readRouting } from './routing.ts';

export interface FlushApp extends App {
  readonly flush: FlushService;
}

/** With the service that decides what a group sends. */
export const flushApp = part(async (base): Promise<FlushApp> => {
  const { table, queue } = base;
  const config = readRouting(base.config);
  const joining = createGroupJoining({ table, queue, config }, { flushNotBeforeMs: FLUSH_NOT_BEFORE_MS });
  const ports = { table, queue, config, joining, loggedReceivers: loggedReceivers(base.config) };
  return { ...base, flush: createFlushService(ports, { silenceRetentionMs: RETENTION_MS }) };
});
