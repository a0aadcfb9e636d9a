import type { LogSettings } from '../alerts/config-receivers.ts';
import { labelsToRecord } from '../model/labels.ts';
import { defineIntegration } from './integration.ts';
import { notificationStatus } from './notification.ts';
import { DELIVERED } from './outcome.ts';

/** One line in the process log: for alerts that nobody needs to be woken for. */
export const logIntegration = defineIntegration<LogSettings>({
  type: 'log',
  secretFiles: () => [],
  http: () => null,
  plan: ({ notification, renderer, manners }) => ({
    kind: 'log',
    fields: {
      receiver: notification.receiver,
      status: notificationStatus(notification.alerts),
      reason: notification.reason,
      subject: renderer.message('{{ template "__subject" . }}'),
      groupKey: notification.groupKey,
      ...(manners.severity === null ? {} : { severity: manners.severity }),
      alerts: notification.alerts.map(({ status, labels, annotations }) => ({
        status,
        labels: labelsToRecord(labels),
        annotations: Object.fromEntries(annotations),
      })),
    },
  }),
  judge: () => DELIVERED,
});
