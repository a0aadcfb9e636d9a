import { createHash } from 'node:crypto';
import type { PagerdutySettings } from '../alerts/config-receivers-paging.ts';
import type { Delivery } from './delivery.ts';
import { renderTree } from './free-tree.ts';
import { goJson } from './go-json.ts';
import { postRequest, secretFilesOf, unsupportedHttp } from './http-request.ts';
import { defineIntegration, type IntegrationContext, PlanError } from './integration.ts';
import { notificationStatus, truncate } from './notification.ts';
import { httpOutcome } from './outcome.ts';

const EVENTS_V2_URL = 'https://events.pagerduty.com/v2/enqueue';
const EVENTS_V1_URL = 'https://events.pagerduty.com/generic/2010-04-15/create_event.json';
const MAX_SUMMARY_LENGTH = 1024;
const MAX_EVENT_BYTES = 512_000;
/** Required by PagerDuty, for those whose template for it gives nothing. */
const DEFAULT_SOURCE = 'Tocsin';

/** PagerDuty Events API v2 (`routing_key`) or v1 (`service_key`). Trigger and resolve of a group share their key, so doubles merge there. */
export const pagerdutyIntegration = defineIntegration<PagerdutySettings>({
  type: 'pagerduty',
  clients: ['http'],
  secretFiles: ({ routingKeyFile, serviceKeyFile, httpConfig }) => [
    routingKeyFile,
    serviceKeyFile,
    ...secretFilesOf(httpConfig),
  ],
  unsupported: ({ httpConfig }) => unsupportedHttp(httpConfig),
  http: ({ httpConfig }) => httpConfig,
  maxAlerts: () => 0,
  plan: (context) => {
    const { routingKey, routingKeyFile } = context.settings;
    return routingKey !== null || routingKeyFile !== '' ? planEvent(context) : planGenericEvent(context);
  },
  // v1 answers 403 when it is rate limiting.
  judge: (response, { renderer, settings }) => {
    const isV1 = settings.routingKey === null && settings.routingKeyFile === '';
    const isLimited = isV1 && response.kind === 'response' && response.status === 403;
    return httpOutcome(isLimited ? { ...response, status: 429 } : response, renderer.nowMs);
  },
});

type PagerDuty = IntegrationContext<PagerdutySettings>;
type Json = Readonly<Record<string, unknown>>;

/** Key that ties the events of one group together: the SHA-256 of its group key, in hex. */
export function dedupKey(groupKey: string): string {
  return createHash('sha256').update(groupKey).digest('hex');
}

function planEvent(context: PagerDuty): Delivery {
  const { settings, renderer, notification } = context;
  const { adornment, message } = renderer;
  const routingKey = renderer.revealText(settings.routingKey, settings.routingKeyFile).trim();
  if (routingKey === '') throw new PlanError('routing key is empty after templating');
  const event = (details: unknown): Json => ({
    routing_key: routingKey,
    dedup_key: dedupKey(notification.groupKey),
    event_action: notificationStatus(notification.alerts) === 'firing' ? 'trigger' : 'resolve',
    payload: {
      summary: summaryOf(context),
      source: message(settings.source) || DEFAULT_SOURCE,
      severity: severityOf(context),
      ...filled({
        class: adornment(settings.class),
        component: adornment(settings.component),
        group: adornment(settings.group),
      }),
      custom_details: details,
    },
    client: message(settings.client),
    client_url: adornment(settings.clientUrl),
    ...filled({ links: linksOf(context), images: imagesOf(context) }),
  });
  return post(context, settings.url ?? EVENTS_V2_URL, fitted(event, detailsOf(context)));
}

function planGenericEvent(context: PagerDuty): Delivery {
  const { settings, renderer, notification, manners } = context;
  const serviceKey = renderer.revealText(settings.serviceKey, settings.serviceKeyFile).trim();
  const isFiring = notificationStatus(notification.alerts) === 'firing';
  if (serviceKey === '') throw new PlanError('service key is empty after templating');
  const event = (details: unknown): Json => ({
    service_key: serviceKey,
    incident_key: dedupKey(notification.groupKey),
    event_type: isFiring ? 'trigger' : 'resolve',
    description: summaryOf(context),
    event_action: '',
    payload: null,
    ...(isFiring
      ? { client: renderer.message(settings.client), client_url: renderer.adornment(settings.clientUrl) }
      : {}),
    ...(manners.runbookUrl === null ? {} : { contexts: [{ type: 'link', ...runbookLink(manners.runbookUrl) }] }),
    details,
  });
  return post(context, EVENTS_V1_URL, fitted(event, detailsOf(context)));
}

function post({ settings, renderer }: PagerDuty, url: string, body: string): Delivery {
  const { httpConfig, timeoutMs } = settings;
  return {
    kind: 'http',
    request: postRequest({ url, contentType: 'application/json', body, http: httpConfig, timeoutMs }, renderer),
  };
}

/** PagerDuty refuses events without a summary. */
function summaryOf({ settings, renderer }: PagerDuty): string {
  const described = renderer.message(settings.description);
  const summary = described.trim() === '' ? renderer.message('{{ template "__subject" . }}') : described;
  return truncate(summary, MAX_SUMMARY_LENGTH);
}

/** PagerDuty refuses events with any other severity, and then nobody is paged. */
function severityOf({ settings, renderer, manners }: PagerDuty): string {
  const candidates = [manners.severity ?? '', renderer.adornment(settings.severity)];
  return candidates.map((each) => each.trim().toLowerCase()).find(isPagerdutySeverity) ?? 'error';
}

const severities = new Set(['critical', 'error', 'warning', 'info']);

/** Whether PagerDuty takes it as the severity of an event. */
export function isPagerdutySeverity(word: string): boolean {
  return severities.has(word);
}

function detailsOf({ settings, renderer }: PagerDuty): unknown {
  return renderTree(settings.details, renderer.message);
}

/** An event too large for PagerDuty goes out without its details rather than not at all. */
function fitted(event: (details: unknown) => Json, details: unknown): string {
  const whole = goJson(event(details));
  const sizeBytes = new TextEncoder().encode(whole).length;
  if (sizeBytes <= MAX_EVENT_BYTES) return whole;
  return goJson(
    event({
      error: `Custom details have been removed because the original event exceeds the maximum size of ${MAX_EVENT_BYTES} bytes`,
    }),
  );
}

function linksOf({ settings, renderer, manners }: PagerDuty): Json[] {
  const runbook = manners.runbookUrl === null ? [] : [runbookLink(manners.runbookUrl)];
  const links = settings.links.map((link) =>
    filled({ href: renderer.adornment(link.href), text: renderer.message(link.text) }),
  );
  return [...links, ...runbook];
}

function runbookLink(href: string): Json {
  return { href, text: 'Runbook' };
}

function imagesOf({ settings, renderer }: PagerDuty): Json[] {
  return settings.images.map(({ src, alt, href }) =>
    filled({ src: renderer.adornment(src), alt: renderer.message(alt), href: renderer.adornment(href) }),
  );
}

function filled(record: Json): Json {
  return Object.fromEntries(
    Object.entries(record).filter(([, value]) => value !== '' && !(Array.isArray(value) && value.length === 0)),
  );
}
