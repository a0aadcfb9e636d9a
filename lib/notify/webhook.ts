import type { WebhookSettings } from '../alerts/config-receivers-delivery.ts';
import { labelsFromPairs } from '../model/labels.ts';
import type { Delivery } from './delivery.ts';
import { renderTree } from './free-tree.ts';
import { goJson } from './go-json.ts';
import { postRequest, secretFilesOf } from './http-request.ts';
import { defineIntegration, type IntegrationContext, PlanError } from './integration.ts';
import { alertToJson, commonPairs, type Notification, notificationStatus } from './notification.ts';
import { httpOutcome } from './outcome.ts';

/** Alertmanager's webhook, payload version 4, or the receiver's own `payload` tree. */
export const webhookIntegration = defineIntegration<WebhookSettings>({
  type: 'webhook',
  secretFiles: ({ urlFile, httpConfig }) => [urlFile, ...secretFilesOf(httpConfig)],
  http: ({ httpConfig }) => httpConfig,
  plan: planWebhook,
  judge: (response, { renderer }) => httpOutcome(response, renderer.nowMs),
});

function planWebhook(context: IntegrationContext<WebhookSettings>): Delivery {
  const { settings, renderer, notification } = context;
  const url = renderer.text(renderer.reveal(settings.url, settings.urlFile));
  if (!URL.canParse(url)) throw new PlanError('the webhook address is not a URL after templating');
  const payload = settings.payload === null ? payloadOf(context) : renderTree(settings.payload, renderer.text);
  return {
    kind: 'http',
    request: postRequest(
      {
        url,
        contentType: 'application/json',
        body: goJson(payload),
        http: settings.httpConfig,
        timeoutMs: settings.timeoutMs,
        headers: [['Idempotency-Key', notification.id]],
      },
      renderer,
    ),
  };
}

/** The notification as `max_alerts` leaves it: cut before status and common labels are computed. */
export function cutAlerts(notification: Notification, maxAlerts: number): { cut: Notification; truncated: number } {
  const { alerts } = notification;
  if (maxAlerts === 0 || alerts.length <= maxAlerts) return { cut: notification, truncated: 0 };
  return { cut: { ...notification, alerts: alerts.slice(0, maxAlerts) }, truncated: alerts.length - maxAlerts };
}

function payloadOf({
  settings,
  notification,
  manners,
}: IntegrationContext<WebhookSettings>): Readonly<Record<string, unknown>> {
  const { cut, truncated } = cutAlerts(notification, settings.maxAlerts);
  const common = labelsFromPairs(commonPairs(cut.alerts.map((alert) => alert.labels.pairs)));
  return {
    receiver: cut.receiver,
    status: notificationStatus(cut.alerts),
    alerts: cut.alerts.map(alertToJson),
    notification_reason: cut.reason,
    groupLabels: new Map(cut.groupLabels.pairs),
    commonLabels: new Map(common.pairs),
    commonAnnotations: new Map(commonPairs(cut.alerts.map((alert) => alert.annotations))),
    externalURL: cut.externalUrl,
    version: '4',
    groupKey: cut.groupKey,
    truncatedAlerts: truncated,
    ...(manners.severity === null ? {} : { severity: manners.severity }),
    ...(manners.runbookUrl === null ? {} : { runbookURL: manners.runbookUrl }),
  };
}
