/**
 * An integration is two pure functions in one file: `plan` turns settings and a notification into what to send, `judge` turns
 * the answer into an outcome. Neither does I/O; services/deliver.ts performs the plan. Adding one is its file and a line in
 * registry.ts.
 */
import type { HttpSettings } from '../alerts/config-http.ts';
import type { OutboundClient, OutgoingResponse } from '../ports.ts';
import type { Delivery } from './delivery.ts';
import type { Notification, ReceiverManners, Renderer } from './notification.ts';
import type { DeliveryOutcome } from './outcome.ts';

export interface IntegrationContext<S> {
  readonly settings: S;
  readonly notification: Notification;
  readonly manners: ReceiverManners;
  readonly renderer: Renderer;
}

export interface Integration<S> {
  /** As in the configuration file without `_configs`. */
  readonly type: string;
  /** By which clients `plan` may want to send. */
  readonly clients: readonly OutboundClient[];
  /** Files with secrets and certificates that `plan` and the transport will want; "" entries are ignored. */
  secretFiles(settings: S): readonly string[];
  /** What of the settings cannot be honoured, so that nothing is sent rather than sent otherwise than asked; null when all can. */
  unsupported(settings: S): string | null;
  /** Settings of its HTTP requests; null for the defaults and for integrations without HTTP. */
  http(settings: S): HttpSettings | null;
  /** Alerts it takes in one notification; 0 for all. */
  maxAlerts(settings: S): number;
  /** Throws TemplateError when a field that must be right cannot be rendered, and PlanError when the notification cannot be sent at all. */
  plan(context: IntegrationContext<S>): Delivery;
  judge(response: OutgoingResponse, context: IntegrationContext<S>): DeliveryOutcome;
}

/** Gives an integration its type from its settings. */
export function defineIntegration<S>(integration: Integration<S>): Integration<S> {
  return integration;
}

/** A notification that can never be sent as it is: the routing key is empty after templating, an address does not parse. */
export class PlanError extends Error {
  override name = 'PlanError';
}
