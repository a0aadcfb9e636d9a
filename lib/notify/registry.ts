import type { HttpSettings } from '../alerts/config-http.ts';
import type { Integration as ConfiguredIntegration } from '../alerts/config-receivers.ts';
import type { OutboundClient, OutgoingResponse } from '../ports.ts';
import type { Delivery } from './delivery.ts';
import { emailIntegration } from './email.ts';
import type { Integration, IntegrationContext } from './integration.ts';
import { logIntegration } from './log.ts';
import type { DeliveryOutcome } from './outcome.ts';
import { pagerdutyIntegration } from './pagerduty.ts';
import { slackIntegration } from './slack.ts';
import { snsIntegration } from './sns.ts';
import { webhookIntegration } from './webhook.ts';

/** What a notification brings to an integration, whatever its settings. */
export type NotificationContext = Omit<IntegrationContext<unknown>, 'settings'>;

/** An integration with its settings. */
export interface BoundIntegration {
  readonly clients: readonly OutboundClient[];
  readonly secretFiles: readonly string[];
  readonly http: HttpSettings | null;
  readonly maxAlerts: number;
  plan(context: NotificationContext): Delivery;
  judge(response: OutgoingResponse, context: NotificationContext): DeliveryOutcome;
}

function bind<S>(integration: Integration<S>, settings: S): BoundIntegration {
  return {
    clients: integration.clients,
    secretFiles: integration.secretFiles(settings).filter((file) => file !== ''),
    http: integration.http(settings),
    maxAlerts: integration.maxAlerts(settings),
    plan: (context) => integration.plan({ ...context, settings }),
    judge: (response, context) => integration.judge(response, { ...context, settings }),
  };
}

/** The process log as a destination. */
export function bindLog(): BoundIntegration {
  return bind(logIntegration, { sendResolved: true });
}

/** The integration that a receiver configures, or why nothing can be sent by it as it is configured. */
export function bindIntegration(configured: ConfiguredIntegration): BoundIntegration | string {
  switch (configured.kind) {
    case 'webhook':
      return bindSupported(webhookIntegration, configured.settings);
    case 'slack':
      return bindSupported(slackIntegration, configured.settings);
    case 'pagerduty':
      return bindSupported(pagerdutyIntegration, configured.settings);
    case 'email':
      return bindSupported(emailIntegration, configured.settings);
    case 'sns':
      return bindSupported(snsIntegration, configured.settings);
    default:
      return `notifications by ${configured.kind} are not supported yet`;
  }
}

function bindSupported<S>(integration: Integration<S>, settings: S): BoundIntegration | string {
  const unsupported = integration.unsupported(settings);
  return unsupported === null ? bind(integration, settings) : `${unsupported} is not supported yet`;
}
