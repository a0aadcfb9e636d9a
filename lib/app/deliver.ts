import { resolve } from 'node:path';
import { createOutbound, loadClients } from '../adapters/outbound.ts';
import { bindIntegration } from '../notify/registry.ts';
import { createDeliverService, type DeliverService } from '../services/deliver.ts';
import { createNotificationAttempts } from '../services/notification-attempts.ts';
import { type App, part } from './app.ts';
import type { AppConfig } from './config.ts';
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

/** Loads what the receivers of a configuration can need to be told: a process that serves for months starts whole or not at all. */
export async function loadReceiverClients(config: AppConfig): Promise<void> {
  const configured = readRouting(config).receivers.flatMap((receiver) => receiver.integrations.map(bindIntegration));
  await loadClients(new Set(configured.flatMap((bound) => (typeof bound === 'string' ? [] : bound.clients))));
}
