import { randomUUID } from 'node:crypto';
import { type AlertmanagerService, createAlertmanagerService } from '../services/alertmanager.ts';
import { createDispatchService } from '../services/dispatch.ts';
import { createSilenceService } from '../services/silences.ts';
import { createGroupStore } from '../store/aggregation-groups.ts';
import { createAlertStore } from '../store/alerts.ts';
import { type App, part } from './app.ts';
import { FLUSH_NOT_BEFORE_MS, NAME_MODE, RETENTION_MS, readRouting } from './routing.ts';
import { version } from './version.ts';

export interface AlertmanagerApp extends App {
  readonly alertmanager: AlertmanagerService;
  readonly about: { readonly version: string; readonly startedAtMs: number };
}

/** Reports in one request that are routed before it is answered; more are queued. */
const MAX_ALERTS_AT_ONCE = 500;

/** With the service behind Alertmanager's API. */
export const alertmanagerApp = part(async (base): Promise<AlertmanagerApp> => {
  const { table, queue } = base;
  const config = readRouting(base.config);
  const alertmanager = createAlertmanagerService(
    {
      alerts: createAlertStore(table),
      groups: createGroupStore(table),
      silences: createSilenceService({ table }, { retentionMs: RETENTION_MS, maxSilences: null }),
      dispatch: createDispatchService(
        { table, queue, config },
        { nameMode: NAME_MODE, flushNotBeforeMs: FLUSH_NOT_BEFORE_MS },
      ),
      queue,
      config,
      newId: randomUUID,
    },
    { nameMode: NAME_MODE, maxAlertsAtOnce: MAX_ALERTS_AT_ONCE },
  );
  return { ...base, alertmanager, about: { version, startedAtMs: base.loadedAtMs } };
});
