import type { HttpSettings } from '../alerts/config-http.ts';
import type { Integration as ConfiguredIntegration } from '../alerts/config-receivers.ts';
import type { OutgoingResponse } from '../ports.ts';
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
  readonly secretFiles: readonly string[];
  readonly http: HttpSettings | null;
  readonly maxAlerts: number;
  plan(context: NotificationContext): Delivery;
  judge(response: OutgoingResponse, context: NotificationContext): DeliveryOutcome;
}

function bind<S>(integration: Integration<S>, settings: S): BoundIntegration {
  return {
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

/** The integration that a receiver configures; null for kinds that are read but cannot be sent to yet. */
export function bindIntegration(configured: ConfiguredIntegration): BoundIntegration | null {
  switch (configured.kind) {
    case 'webhook':
      return bind(webhookIntegration, configured.settings);
    case 'slack':
      return bind(slackIntegration, configured.settings);
    case 'pagerduty':
      return bind(pagerdutyIntegration, configured.settings);
    case 'email':
      return bind(emailIntegration, configured.settings);
    case 'sns':
      return bind(snsIntegration, configured.settings);
    default:
      return null;
  }
}
