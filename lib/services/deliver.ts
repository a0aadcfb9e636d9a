/**
 * Delivers one stored intent: claim, build, send, record. Repeatable: the claim decides who sends, and an attempt that a crash cuts
 * off is made again when its claim has run out; receivers that can tell doubles apart are given the same key both times.
 */
import { fingerprint } from '../alerts/alert-record.ts';
import type { AlertmanagerConfig } from '../alerts/config.ts';
import { type FlushedAlert, splitByState } from '../alerts/flush.ts';
import { digest } from '../model/digest.ts';
import { type Delivery, limitTime } from '../notify/delivery.ts';
import { transportOf } from '../notify/http-request.ts';
import { PlanError } from '../notify/integration.ts';
import { LOG_INTEGRATION } from '../notify/log.ts';
import { cutAlerts, type Notification, type NotifiedAlert, type ReceiverManners } from '../notify/notification.ts';
import { DELIVERED, type DeliveryOutcome, printDetail } from '../notify/outcome.ts';
import { type BoundIntegration, bindIntegration, bindLog, type NotificationContext } from '../notify/registry.ts';
import { createRenderer, type NotificationTemplates } from '../notify/renderer.ts';
import { createSecretKeeper, type SecretKeeper } from '../notify/secrets.ts';
import { mappedSeverity, type SeverityScale } from '../notify/severity.ts';
import type { Clock, HttpTransport, Key, Logger, Outbound, OutgoingResponse } from '../ports.ts';
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
  /** Why it failed, or what was wrong although it went out; null when all is well. */
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
      return { kind, receiver, integration, detail: outcome.kind === 'delivered' ? outcome.note : outcome.detail };
    },
  };
}

/** The outcome of one attempt. What it says is fit to be stored and logged: short, and without secrets. */
async function attemptDelivery(
  attempt: Attempt,
  ports: DeliverPorts,
  settings: DeliverSettings,
): Promise<DeliveryOutcome> {
  const bound = boundIntegration(attempt, settings);
  if (typeof bound === 'string') return { kind: 'rejected', reason: 'other', detail: bound };
  const files = await readSecretFiles(bound.secretFiles, ports.outbound, settings);
  if ('failure' in files) return { kind: 'retry', reason: 'other', detail: files.failure, afterMs: null };
  const notification = cutAlerts(notificationOf(attempt, settings), bound.maxAlerts);
  // All that is left of it is resolved, and this integration does not tell that.
  if (notification.alerts.length === 0) return DELIVERED;
  const secrets = createSecretKeeper();
  const broken: string[] = [];
  const nowMs = ports.clock.nowMs();
  const renderer = createRenderer(settings.templates, notification, {
    nowMs,
    secretFiles: files.texts,
    secrets,
    onBroken: (error) => broken.push(error.message),
  });
  const context = { notification, renderer, manners: mannersOf(notification, settings) };
  const outcome = await planAndSend(bound, context, { ports, untilMs: attempt.untilMs });
  return presentable(outcome, broken, secrets);
}

/** By the path that the configuration has. */
async function readSecretFiles(
  paths: readonly string[],
  outbound: Outbound,
  { resolvePath }: DeliverSettings,
): Promise<{ readonly texts: ReadonlyMap<string, string> } | { readonly failure: string }> {
  const texts = new Map<string, string>();
  for (const path of paths) {
    try {
      texts.set(path, await outbound.readSecret(resolvePath(path)));
    } catch (error) {
      return { failure: `the secret file ${path} cannot be read: ${codeOf(error)}` };
    }
  }
  return { texts };
}

function presentable(outcome: DeliveryOutcome, broken: readonly string[], secrets: SecretKeeper): DeliveryOutcome {
  if (outcome.kind !== 'delivered') return { ...outcome, detail: printDetail(outcome.detail, secrets) };
  const notes = [...(outcome.note === null ? [] : [outcome.note]), ...broken];
  return { ...outcome, note: notes.length === 0 ? null : printDetail(notes.join('; '), secrets) };
}

interface Sending {
  readonly ports: DeliverPorts;
  /** An attempt that outlasted its claim would be made twice. */
  readonly untilMs: number;
}

async function planAndSend(
  bound: BoundIntegration,
  context: NotificationContext,
  { ports, untilMs }: Sending,
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
  const transport = transportOf(bound.http, context.renderer);
  const response = await send(limitTime(delivery, untilMs - ports.clock.nowMs()), transport, ports);
  return response === null ? DELIVERED : bound.judge(response, context);
}

/** Null when there is nothing to wait for. */
async function send(
  delivery: Delivery,
  transport: HttpTransport,
  { outbound, log }: DeliverPorts,
): Promise<OutgoingResponse | null> {
  switch (delivery.kind) {
    case 'http':
      return outbound.http(delivery.request, transport);
    case 'mail':
      return outbound.mail(delivery.mail);
    case 'slack':
      return outbound.slack(delivery.call, transport);
    case 'topic':
      return outbound.topic(delivery.message, transport);
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
  return bindIntegration(configured);
}

function mannersOf({ receiver, alerts }: Notification, settings: DeliverSettings): ReceiverManners {
  const { severityMap, runbookLink } = settings.receivers.get(receiver) ?? NO_EXTRAS;
  return {
    severity: mappedSeverity(alerts, severityMap, settings.severity),
    runbookUrl: runbookLink ? runbookUrlOf(alerts) : null,
  };
}

function runbookUrlOf(alerts: readonly NotifiedAlert[]): string | null {
  const firingFirst = [...alerts].sort((a, b) => Number(a.status !== 'firing') - Number(b.status !== 'firing'));
  const annotations = firingFirst.flatMap((alert) => alert.annotations);
  const found = annotations.find(([name, value]) => name === 'runbook_url' && /^https?:\/\/\S+$/i.test(value));
  // Receivers refuse a message with a link that is none.
  return found !== undefined && URL.canParse(found[1]) ? found[1] : null;
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
  if (!(error instanceof Error)) return 'unknown reason';
  return 'code' in error ? String(error.code) : error.name;
}
