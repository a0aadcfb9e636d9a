/** Plans one notification of one integration, as services/deliver.ts does it, without anything that is sent. */
import assert from 'node:assert/strict';
import { parseAlertmanagerConfig } from '../../lib/alerts/config.ts';
import { labelsOf } from '../../lib/model/labels.ts';
import { type Delivery, limitTime } from '../../lib/notify/delivery.ts';
import { transportOf } from '../../lib/notify/http-request.ts';
import {
  cutAlerts,
  type Notification,
  type NotifiedAlert,
  type ReceiverManners,
} from '../../lib/notify/notification.ts';
import type { DeliveryOutcome } from '../../lib/notify/outcome.ts';
import { bindIntegration } from '../../lib/notify/registry.ts';
import { createRenderer, type NotificationTemplates, parseNotificationTemplates } from '../../lib/notify/renderer.ts';
import { createSecretKeeper, type SecretKeeper } from '../../lib/notify/secrets.ts';
import type { HttpTransport, OutgoingRequest, OutgoingResponse } from '../../lib/ports.ts';

/** 2026-01-05T09:00:00Z, the present of all these tests. */
export const NOW_MS = Date.UTC(2026, 0, 5, 9);
export const ATTEMPT_MS = 10_000;
export const noManners: ReceiverManners = { severity: null, runbookUrl: null };
export const defaults = parseNotificationTemplates([]);

/** A firing alert, unless told otherwise. */
export function alertOf(labels: Readonly<Record<string, string>>, over: Partial<NotifiedAlert> = {}): NotifiedAlert {
  return {
    status: 'firing',
    labels: labelsOf(labels),
    annotations: [],
    startsAtMs: NOW_MS - 60_000,
    endsAtMs: null,
    generatorUrl: 'http://rules.test/graph',
    fingerprint: '00000000000000aa',
    ...over,
  };
}

/** What became of an alert that was firing. */
export function resolvedOf(labels: Readonly<Record<string, string>>): NotifiedAlert {
  return alertOf(labels, { status: 'resolved', endsAtMs: NOW_MS - 1_000 });
}

export function notificationOf(alerts: readonly NotifiedAlert[], over: Partial<Notification> = {}): Notification {
  return {
    id: 'one-notification',
    receiver: 'ops',
    alerts,
    truncatedAlerts: 0,
    groupKey: '{}:{alertname="Down"}',
    groupLabels: labelsOf({ alertname: 'Down' }),
    routeLabels: [],
    reason: 'first notification',
    externalUrl: 'http://tocsin.test',
    remembered: {},
    ...over,
  };
}

export const down = notificationOf([alertOf({ alertname: 'Down', severity: 'critical' })]);

export interface PlanOptions {
  readonly notification?: Notification;
  readonly manners?: ReceiverManners;
  readonly secretFiles?: Readonly<Record<string, string>>;
  readonly templates?: NotificationTemplates;
}

export interface Planned {
  readonly delivery: Delivery;
  readonly transport: HttpTransport;
  readonly secrets: SecretKeeper;
  /** Templates that were broken and replaced. */
  readonly broken: readonly string[];
  judge(response: OutgoingResponse): DeliveryOutcome;
}

/** Plans what the first integration of the receiver `ops` sends; `receiver` is what stands under its name in the file. */
export function plan(receiver: string, options: PlanOptions = {}, global = ''): Planned {
  const text = `${global}\nroute: {receiver: ops}\nreceivers:\n- name: ops\n  ${receiver}`;
  const [configured] = parseAlertmanagerConfig(text, { file: 'alertmanager.yml' }).receivers[0]?.integrations ?? [];
  assert.ok(configured !== undefined, 'the receiver has no integration');
  const bound = bindIntegration(configured);
  assert.ok(typeof bound !== 'string', `${bound}`);
  const notification = cutAlerts(options.notification ?? down, bound.maxAlerts);
  const secrets = createSecretKeeper();
  const broken: string[] = [];
  const renderer = createRenderer(options.templates ?? defaults, notification, {
    nowMs: NOW_MS,
    secretFiles: new Map(Object.entries(options.secretFiles ?? {})),
    secrets,
    onBroken: (error) => broken.push(error.message),
  });
  const context = { notification, renderer, manners: options.manners ?? noManners };
  return {
    delivery: limitTime(bound.plan(context), ATTEMPT_MS),
    transport: transportOf(bound.http, renderer),
    secrets,
    broken,
    judge: (response) => bound.judge(response, context),
  };
}

/** The request of a delivery that must be one over HTTP. */
export function requestOf({ delivery }: Planned): OutgoingRequest {
  assert.ok(delivery.kind === 'http', delivery.kind);
  return delivery.request;
}

/** The JSON of that request. */
export const bodyOf = (planned: Planned) => JSON.parse(requestOf(planned).body);

export function response(status: number, body = '', headers: Readonly<Record<string, string>> = {}): OutgoingResponse {
  return { kind: 'response', status, headers: new Map(Object.entries(headers)), body };
}
