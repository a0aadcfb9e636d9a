import type { WebhookSettings } from '../alerts/config-receivers-delivery.ts';
import { labelsFromPairs } from '../model/labels.ts';
import type { Delivery } from './delivery.ts';
import { renderTree } from './free-tree.ts';
import { goJson } from './go-json.ts';
import { postRequest, secretFilesOf, unsupportedHttp } from './http-request.ts';
import { defineIntegration, type IntegrationContext, PlanError } from './integration.ts';
import { alertToJson, commonPairs, notificationStatus } from './notification.ts';
import { httpOutcome } from './outcome.ts';

/** Alertmanager's webhook, payload version 4, or the receiver's own `payload` tree. */
export const webhookIntegration = defineIntegration<WebhookSettings>({
  type: 'webhook',
  clients: ['http'],
  secretFiles: ({ urlFile, httpConfig }) => [urlFile, ...secretFilesOf(httpConfig)],
  unsupported: ({ httpConfig }) => unsupportedHttp(httpConfig),
  http: ({ httpConfig }) => httpConfig,
  maxAlerts: ({ maxAlerts }) => maxAlerts,
  plan: planWebhook,
  judge: (response, { renderer }) => httpOutcome(response, renderer.nowMs),
});

function planWebhook(context: IntegrationContext<WebhookSettings>): Delivery {
  const { settings, renderer, notification } = context;
  const url = renderer.revealText(settings.url, settings.urlFile).trim();
  if (!/^https?:/i.test(url) || !URL.canParse(url))
    throw new PlanError('the webhook address is not an http(s) address after templating');
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

function payloadOf({ notification, manners }: IntegrationContext<WebhookSettings>): Readonly<Record<string, unknown>> {
  const common = labelsFromPairs(commonPairs(notification.alerts.map((alert) => alert.labels.pairs)));
  return {
    receiver: notification.receiver,
    status: notificationStatus(notification.alerts),
    alerts: notification.alerts.map(alertToJson),
    notification_reason: notification.reason,
    groupLabels: new Map(notification.groupLabels.pairs),
    commonLabels: new Map(common.pairs),
    commonAnnotations: new Map(commonPairs(notification.alerts.map((alert) => alert.annotations))),
    externalURL: notification.externalUrl,
    version: '4',
    groupKey: notification.groupKey,
    truncatedAlerts: notification.truncatedAlerts,
    ...(manners.severity === null ? {} : { severity: manners.severity }),
    ...(manners.runbookUrl === null ? {} : { runbookURL: manners.runbookUrl }),
  };
}
