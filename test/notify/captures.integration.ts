// What integrations send, held against what the real Alertmanager sent for the same alerts (captures in TOCSIN_SHARED).
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { parseAlertmanagerConfig } from '../../lib/alerts/config.ts';
import { labelsOf } from '../../lib/model/labels.ts';
import { parseRfc3339 } from '../../lib/model/rfc3339.ts';
import type { Delivery } from '../../lib/notify/delivery.ts';
import { cutAlerts, type Notification } from '../../lib/notify/notification.ts';
import { bindIntegration } from '../../lib/notify/registry.ts';
import { createRenderer, parseNotificationTemplates } from '../../lib/notify/renderer.ts';
import { createSecretKeeper } from '../../lib/notify/secrets.ts';
import { requiredFolder } from '../e2e/processes.ts';

const captures = join(requiredFolder('TOCSIN_SHARED'), 'captures');
const config = parseAlertmanagerConfig(readFileSync(join(captures, 'alertmanager.yml'), 'utf8'), {
  file: 'alertmanager.yml',
});
const templates = parseNotificationTemplates([]);
const scenarios = ['firing', 'resolved', 'grouped2', 'mixed', 'grouped2-resolved'] as const;
const receivers = {
  webhook: 'webhook',
  'webhook-custom-payload': 'webhook-payload',
  'slack-incoming-webhook': 'slack-hook',
  'slack-bot-token': 'slack-bot',
  'slack-update-message': 'slack-update',
  'pagerduty-v2': 'pagerduty-v2',
  'pagerduty-v1': 'pagerduty-v1',
  email: 'email',
  sns: 'sns',
} as const;
const thread = { channel: 'C0123', ts: '1700000000.000100' };

interface CapturedAlert {
  readonly status: 'firing' | 'resolved';
  readonly labels: Record<string, string>;
  readonly annotations: Record<string, string>;
  readonly startsAt: string;
  readonly endsAt: string;
  readonly generatorURL: string;
  readonly fingerprint: string;
}

interface CapturedRequest {
  readonly path: string;
  readonly scheme: string;
  readonly headers: Record<string, string>;
  readonly body_raw: string;
  readonly transcript?: readonly string[];
  readonly data?: string;
}

function capturedRequest(integration: string, scenario: string): CapturedRequest {
  const text = readFileSync(join(captures, integration, `${scenario}.json`), 'utf8');
  const { requests } = JSON.parse(text) as { readonly requests: readonly CapturedRequest[] }; // The format of the captures.
  const request = requests.at(-1);
  assert.ok(request !== undefined);
  return request;
}

/** The notification that the captured Alertmanager sent in a scenario, read from what its webhook was told. */
function notificationOf(scenario: string, receiver: string, isUpdate: boolean): Notification {
  const body = JSON.parse(capturedRequest('webhook', scenario).body_raw) as {
    readonly alerts: readonly CapturedAlert[];
    readonly groupKey: string;
    readonly groupLabels: Record<string, string>;
    readonly notification_reason: string;
    readonly externalURL: string;
  }; // Webhook payload, version 4.
  return {
    id: 'id',
    receiver,
    alerts: body.alerts.map((alert) => ({
      status: alert.status,
      labels: labelsOf(alert.labels),
      annotations: Object.entries(alert.annotations),
      startsAtMs: parseRfc3339(alert.startsAt) ?? 0,
      endsAtMs: alert.status === 'firing' ? null : parseRfc3339(alert.endsAt),
      generatorUrl: alert.generatorURL,
      fingerprint: alert.fingerprint,
    })),
    truncatedAlerts: 0,
    groupKey: body.groupKey,
    groupLabels: labelsOf(body.groupLabels),
    routeLabels: [],
    reason: body.notification_reason,
    externalUrl: body.externalURL,
    remembered: isUpdate ? thread : {},
  };
}

function deliveryOf(receiver: string, whole: Notification): Delivery {
  const [configured] = config.receivers.find(({ name }) => name === receiver)?.integrations ?? [];
  assert.ok(configured !== undefined, receiver);
  const bound = bindIntegration(configured);
  assert.ok(typeof bound !== 'string', receiver);
  const notification = cutAlerts(whole, bound.maxAlerts);
  const renderer = createRenderer(templates, notification, {
    nowMs: 0,
    secretFiles: new Map(),
    secrets: createSecretKeeper(),
    onBroken: (error) => assert.fail(error),
  });
  return bound.plan({ notification, renderer, manners: { severity: null, runbookUrl: null } });
}

/** Times differ from run to run, and ours end at milliseconds. */
function withoutTimes(text: string): string {
  return text.replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, (time) => (time.startsWith('0001') ? time : 'TIME'));
}

function decodeQuotedPrintable(text: string): string {
  const joined = text.replace(/=\r\n/g, '').replaceAll('\r\n', '\n');
  const bytes = joined.replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

function checkMail(delivery: Delivery, captured: CapturedRequest): void {
  assert.ok(delivery.kind === 'mail');
  const { mail } = delivery;
  const transcript = captured.transcript ?? [];
  assert.ok(transcript.includes(`C: MAIL FROM:<${mail.from}> BODY=8BITMIME`));
  assert.deepEqual(
    transcript.filter((line) => line.startsWith('C: RCPT TO:')),
    mail.to.map((address) => `C: RCPT TO:<${address}>`),
  );
  const source = captured.data ?? '';
  const headers = new Map(mail.headers);
  for (const name of ['Subject', 'To', 'From']) assert.ok(source.includes(`${name}: ${headers.get(name)}\r\n`), name);
  assert.match(source, /X-Test: =\?utf-8\?q\?Gr=C3=BC=C3=9Fe_/);
  assert.match(headers.get('X-Test') ?? '', /^Grüße (firing|resolved)$/);
  const [text = '', html = ''] = partsOf(source);
  assert.equal(mail.text, text);
  assert.equal(mail.html.trimEnd(), html.trimEnd());
}

/** Decoded bodies of the parts of a multipart mail. */
function partsOf(source: string): readonly string[] {
  const [, boundary = ''] = /boundary=(\w+)/.exec(source) ?? [];
  return source
    .split(`--${boundary}`)
    .slice(1, -1)
    .map((part) => decodeQuotedPrintable(part.slice(part.indexOf('\r\n\r\n') + 4).replace(/\r\n$/, '')));
}

function checkTopic(delivery: Delivery, captured: CapturedRequest): void {
  assert.ok(delivery.kind === 'topic');
  const form = new URLSearchParams(captured.body_raw);
  const { message } = delivery;
  assert.deepEqual(
    [message.message, message.subject, message.target.value, message.attributes],
    [
      form.get('Message'),
      form.get('Subject'),
      form.get('TopicArn'),
      { severity: form.get('MessageAttributes.entry.1.Value.StringValue') },
    ],
  );
}

function checkHttp(delivery: Delivery, captured: CapturedRequest): void {
  assert.ok(delivery.kind === 'http' || delivery.kind === 'slack');
  if (delivery.kind === 'slack') {
    const { call } = delivery;
    assert.equal(new URL(call.url).pathname, captured.path);
    assert.equal(`Bearer ${call.token}`, captured.headers['Authorization']);
    assert.equal(`${JSON.stringify(call.payload)}\n`, captured.body_raw);
    return;
  }
  const { request } = delivery;
  const headers = new Map(request.headers);
  assert.equal(new URL(request.url).pathname, captured.path);
  assert.equal(headers.get('Content-Type'), captured.headers['Content-Type']);
  assert.equal(headers.get('Authorization'), captured.headers['Authorization']);
  assert.equal(withoutTimes(request.body), withoutTimes(captured.body_raw));
}

for (const [integration, receiver] of Object.entries(receivers)) {
  suite(integration, () => {
    for (const scenario of scenarios) {
      assert.ok(existsSync(join(captures, integration, `${scenario}.json`)));
      test(scenario, () => {
        const captured = capturedRequest(integration, scenario);
        const delivery = deliveryOf(
          receiver,
          notificationOf(scenario, receiver, captured.path?.endsWith('chat.update') ?? false),
        );
        if (integration === 'email') checkMail(delivery, captured);
        else if (integration === 'sns') checkTopic(delivery, captured);
        else checkHttp(delivery, captured);
      });
    }
  });
}
