/**
 * Delivers one stored intent: claim, build, send, record. Repeatable: the claim decides who sends, and an attempt that a crash cuts
 * off is made again when its claim has run out; receivers that can tell doubles apart are given the same key both times.
 */
import { fingerprint } from '../alerts/alert-record.ts';
import type { AlertmanagerConfig } from '../alerts/config.ts';
import { type FlushedAlert, splitByState } from '../alerts/flush.ts';
import { digest } from '../model/digest.ts';
import { type Delivery, limitTime } from '../notify/delivery.ts';
import { transportOf, unsupportedHttp } from '../notify/http-request.ts';
import { PlanError } from '../notify/integration.ts';
import { LOG_INTEGRATION } from '../notify/log.ts';
import { cutAlerts, type Notification, type NotifiedAlert, type ReceiverManners } from '../notify/notification.ts';
import { type DeliveryOutcome, redact } from '../notify/outcome.ts';
import { type BoundIntegration, bindIntegration, bindLog, type NotificationContext } from '../notify/registry.ts';
import { createRenderer, type NotificationTemplates } from '../notify/renderer.ts';
import { mappedSeverity, type SeverityScale } from '../notify/severity.ts';
import type { Clock, Key, Logger, Outbound, OutgoingResponse } from '../ports.ts';
import { TemplateError } from '../templates/template-error.ts';
import type { Attempt, NotificationAttempts } from './notification-attempts.ts';

/** What `tocsin.yml` says about one receiver. */
export interface ReceiverExtras {
  readonly severityMap: Readonly<Record<string, string>>;
  readonly runbookLink: boolean;
}

export interface DeliverPorts {
  readonly attempts: NotificationAttempts;
  readonly outbound: Outbound;
  readonly log: Logger;
  readonly clock: Clock;
}

export interface DeliverSettings {
  readonly config: AlertmanagerConfig;
  readonly templates: NotificationTemplates;
  readonly externalUrl: string;
  readonly severity: SeverityScale;
  readonly receivers: ReadonlyMap<string, ReceiverExtras>;
  /** Makes a path of the configuration absolute. */
  readonly resolvePath: (path: string) => string;
}

/** What became of a message, for the log. */
export interface DeliverReport {
  readonly kind: 'over' | 'later' | 'delivered' | 'retrying' | 'failed' | 'outlived';
  readonly receiver: string | null;
  readonly integration: string | null;
  readonly detail: string | null;
}

export interface DeliverService {
  deliver(key: Key, nowMs: number): Promise<DeliverReport>;
}

const NO_EXTRAS: ReceiverExtras = { severityMap: {}, runbookLink: false };

export function createDeliverService(ports: DeliverPorts, settings: DeliverSettings): DeliverService {
  const { attempts, clock } = ports;
  return {
    deliver: async (key, nowMs) => {
      const claim = await attempts.claim(key, nowMs);
      if (claim.kind !== 'claimed') return { kind: claim.kind, receiver: null, integration: null, detail: null };
      const { receiver, integration } = claim.attempt.intent;
      const outcome = await attemptDelivery(claim.attempt, ports, settings);
      const { kind } = await attempts.recordOutcome(claim.attempt, outcome, clock.nowMs());
      return { kind, receiver, integration, detail: outcome.kind === 'delivered' ? null : outcome.detail };
    },
  };
}

async function attemptDelivery(
  attempt: Attempt,
  ports: DeliverPorts,
  settings: DeliverSettings,
): Promise<DeliveryOutcome> {
  const bound = boundIntegration(attempt, settings);
  if (typeof bound === 'string') return { kind: 'rejected', reason: 'other', detail: bound };
  const secrets = new Map<string, string>();
  try {
    for (const file of bound.secretFiles)
      secrets.set(file, await ports.outbound.readSecret(settings.resolvePath(file)));
  } catch (error) {
    return { kind: 'retry', reason: 'other', detail: `a secret file cannot be read: ${codeOf(error)}`, afterMs: null };
  }
  const revealed = new Set<string>(secrets.values());
  const context = contextOf({ attempt, bound, settings, nowMs: ports.clock.nowMs(), secrets, revealed });
  const outcome = await planAndSend(bound, { context, untilMs: attempt.untilMs }, ports);
  return outcome.kind === 'delivered' ? outcome : { ...outcome, detail: redact(outcome.detail, [...revealed]) };
}

async function planAndSend(
  bound: BoundIntegration,
  { context, untilMs }: { readonly context: NotificationContext; readonly untilMs: number },
  ports: DeliverPorts,
): Promise<DeliveryOutcome> {
  let delivery: Delivery;
  try {
    delivery = bound.plan(context);
  } catch (error) {
    if (error instanceof TemplateError || error instanceof PlanError) {
      return { kind: 'rejected', reason: 'other', detail: error.message };
    }
    throw error;
  }
  // An attempt that outlasted its claim would be made twice.
  const response = await send(limitTime(delivery, untilMs - ports.clock.nowMs()), bound, ports);
  return response === null ? { kind: 'delivered', remember: {} } : bound.judge(response, context);
}

/** Null when there is nothing to wait for. */
async function send(
  delivery: Delivery,
  bound: BoundIntegration,
  ports: DeliverPorts,
): Promise<OutgoingResponse | null> {
  const { outbound, log } = ports;
  switch (delivery.kind) {
    case 'http':
      return outbound.http(delivery.request, transportOf(bound.http));
    case 'mail':
      return outbound.mail(delivery.mail);
    case 'slack':
      return outbound.slack(delivery.call);
    case 'topic':
      return outbound.topic(delivery.message);
    case 'log':
      log.log('warn', 'notification', delivery.fields);
      return null;
  }
}

/** The integration of the present configuration that an intent names, or why it cannot be used. */
function boundIntegration({ intent }: Attempt, { config }: DeliverSettings): BoundIntegration | string {
  if (intent.integration === LOG_INTEGRATION) return bindLog();
  const receiver = config.receivers.find(({ name }) => name === intent.receiver);
  const configured = receiver?.integrations.find(({ kind, index }) => `${kind}/${index}` === intent.integration);
  if (configured === undefined) return `${intent.receiver}/${intent.integration} is not configured any more`;
  const bound = bindIntegration(configured);
  if (bound === null) return `notifications by ${configured.kind} are not supported yet`;
  const unsupported = unsupportedHttp(bound.http);
  return unsupported === null ? bound : `${unsupported} is not supported yet`;
}

interface ContextSource {
  readonly attempt: Attempt;
  readonly bound: BoundIntegration;
  readonly settings: DeliverSettings;
  readonly nowMs: number;
  readonly secrets: ReadonlyMap<string, string>;
  /** Collects every secret that is used, so that no message repeats one. */
  readonly revealed: Set<string>;
}

function contextOf({ attempt, bound, settings, nowMs, secrets, revealed }: ContextSource): NotificationContext {
  const extras = settings.receivers.get(attempt.intent.receiver) ?? NO_EXTRAS;
  const notification = cutAlerts(notificationOf(attempt, settings), bound.maxAlerts);
  const renderer = createRenderer(settings.templates, notification, {
    nowMs,
    reveal: (inline, file) => {
      const value = inline?.reveal() ?? secrets.get(file) ?? '';
      revealed.add(value);
      return value;
    },
  });
  return { notification, renderer, manners: mannersOf(notification.alerts, extras, settings.severity) };
}

function mannersOf(alerts: readonly NotifiedAlert[], extras: ReceiverExtras, scale: SeverityScale): ReceiverManners {
  const runbooks = alerts.flatMap((alert) => alert.annotations.filter(([name]) => name === 'runbook_url'));
  return {
    severity: mappedSeverity(alerts, extras.severityMap, scale),
    runbookUrl: extras.runbookLink ? (runbooks[0]?.[1] ?? null) : null,
  };
}

function notificationOf(attempt: Attempt, { config, externalUrl }: DeliverSettings): Notification {
  const { intent, alerts, remembered } = attempt;
  const told = sendsResolved(intent.receiver, intent.integration, config)
    ? alerts
    : alerts.filter((alert) => alert.endsAtMs === null);
  return {
    id: notificationId(attempt, told),
    receiver: intent.receiver,
    alerts: told.map(notifiedAlert),
    truncatedAlerts: 0,
    groupKey: intent.groupKey,
    groupLabels: intent.groupLabels,
    routeLabels: [],
    reason: intent.reason,
    externalUrl,
    remembered,
  };
}

// Not by the flush: when a crash hides that a message was sent, and its flush ends too late to send it again, the next flush says the
// same after the same entry of the log, and whoever is told twice can know.
function notificationId({ intent, previousSentAtMs }: Attempt, told: readonly FlushedAlert[]): string {
  const { groupKey, receiver, integration } = intent;
  const { firing, resolved } = splitByState(told);
  return digest(JSON.stringify([groupKey, receiver, integration, previousSentAtMs, firing, resolved]));
}

function sendsResolved(receiver: string, integration: string, config: AlertmanagerConfig): boolean {
  const found = config.receivers
    .find(({ name }) => name === receiver)
    ?.integrations.find(({ kind, index }) => `${kind}/${index}` === integration);
  return found?.settings.sendResolved ?? true;
}

function notifiedAlert(alert: FlushedAlert): NotifiedAlert {
  return {
    status: alert.endsAtMs === null ? 'firing' : 'resolved',
    labels: alert.labels,
    annotations: alert.annotations,
    startsAtMs: alert.startsAtMs,
    endsAtMs: alert.endsAtMs,
    generatorUrl: alert.generatorUrl,
    fingerprint: fingerprint(alert.labels),
  };
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason';
}
