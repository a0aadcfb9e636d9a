import { labelsToRecord } from '../model/labels.ts';
import { defineIntegration } from './integration.ts';
import { notificationStatus } from './notification.ts';
import { DELIVERED } from './outcome.ts';

/** `receivers.NAME.log` of `tocsin.yml` adds this integration to a receiver; `alertmanager.yml` knows none such. */
export interface LogSettings {
  readonly sendResolved: boolean;
}

/** Its name in the notification log and in intents. */
export const LOG_INTEGRATION = 'log/0';

/** A line of a thousand alerts is read by nobody, and log services refuse it. */
const MAX_LOGGED_ALERTS = 50;

/** One line in the process log: for alerts that nobody needs to be woken for. */
export const logIntegration = defineIntegration<LogSettings>({
  type: 'log',
  clients: [],
  secretFiles: () => [],
  unsupported: () => null,
  http: () => null,
  maxAlerts: () => 0,
  plan: ({ notification, renderer, manners }) => ({
    kind: 'log',
    fields: {
      receiver: notification.receiver,
      status: notificationStatus(notification.alerts),
      reason: notification.reason,
      subject: renderer.message('{{ template "__subject" . }}'),
      groupKey: notification.groupKey,
      ...(manners.severity === null ? {} : { severity: manners.severity }),
      alertCount: notification.alerts.length,
      alerts: notification.alerts.slice(0, MAX_LOGGED_ALERTS).map(({ status, labels, annotations }) => ({
        status,
        labels: labelsToRecord(labels),
        annotations: Object.fromEntries(annotations),
      })),
    },
  }),
  judge: () => DELIVERED,
});
