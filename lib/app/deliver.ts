import { resolve } from 'node:path';
import { createOutbound } from '../adapters/outbound.ts';
import { createDeliverService, type DeliverService } from '../services/deliver.ts';
import { createNotificationAttempts } from '../services/notification-attempts.ts';
import { type App, part } from './app.ts';
import { readTemplates } from './notification-templates.ts';
import { readRouting } from './routing.ts';

export interface DeliverApp extends App {
  readonly deliver: DeliverService;
}

/** With the service that sends notifications. */
export const deliverApp = part(async (base): Promise<DeliverApp> => {
  const { table, queue, log, clock, config: appConfig } = base;
  const { settings, externalUrl, files, place } = appConfig;
  const config = readRouting(appConfig);
  const allowPrivate = settings.outbound.allow_private_addresses ?? place.kind === 'local';
  const attempts = createNotificationAttempts({ table, queue }, { maxAttemptMs: settings.outbound.timeout });
  const receivers = new Map(
    Object.entries(settings.receivers).map(([name, extras]) => [
      name,
      { severityMap: extras.severity_map, runbookLink: extras.runbook_link },
    ]),
  );
  const deliver = createDeliverService(
    { attempts, outbound: createOutbound({ allowPrivate }), log, clock },
    {
      config,
      templates: readTemplates(appConfig, config),
      externalUrl,
      severity: settings.severity,
      receivers,
      resolvePath: (path) => (path.startsWith('ssm:') ? path : resolve(files.folder, path)),
    },
  );
  return { ...base, deliver };
});
