import type { SnsSettings } from '../alerts/config-receivers-delivery.ts';
import type { TopicMessage } from '../ports.ts';
import type { Delivery } from './delivery.ts';
import { DEFAULT_TIMEOUT_MS } from './http-request.ts';
import { defineIntegration, type IntegrationContext, PlanError } from './integration.ts';
import { truncate } from './notification.ts';
import { httpOutcome } from './outcome.ts';
import { dedupKey } from './pagerduty.ts';

const MAX_MESSAGE_BYTES = 256 * 1024;
const MAX_SMS_LENGTH = 1600;
const MAX_SUBJECT_LENGTH = 100;

/** An SNS topic, endpoint or phone: email, SMS and whatever else subscribes. */
export const snsIntegration = defineIntegration<SnsSettings>({
  type: 'sns',
  secretFiles: () => [],
  http: () => null,
  maxAlerts: () => 0,
  plan: (context) => ({ kind: 'topic', message: messageOf(context) }) satisfies Delivery,
  judge: (response, { renderer }) => httpOutcome(response, renderer.nowMs),
});

function messageOf({ settings, renderer, notification, manners }: IntegrationContext<SnsSettings>): TopicMessage {
  const target = targetOf(settings, renderer.text);
  const whole = renderer.message(settings.message);
  const runbook = manners.runbookUrl === null ? '' : `\nRunbook: ${manners.runbookUrl}`;
  const { text, isCut } = target.kind === 'phone' ? cutText(whole, MAX_SMS_LENGTH) : cutBytes(`${whole}${runbook}`);
  const subject = target.kind === 'phone' ? '' : renderer.message(settings.subject);
  const attributes = [...settings.attributes].map(([name, value]): [string, string] => [
    renderer.text(name),
    renderer.text(value),
  ]);
  const { region, accessKey, secretKey } = settings.sigv4;
  const isFifo = target.value.endsWith('.fifo');
  return {
    target,
    endpoint: settings.apiUrl === '' ? null : renderer.text(settings.apiUrl),
    region: region !== '' ? region : (target.value.split(':')[3] ?? null),
    credentials: accessKey === '' || secretKey === null ? null : { accessKey, secretKey: secretKey.reveal() },
    subject: subject === '' ? null : truncate(subject.replace(/\s+/g, ' '), MAX_SUBJECT_LENGTH),
    message: text,
    attributes: Object.fromEntries([
      ...attributes,
      ...(isCut ? [['truncated', 'true']] : []),
      ...(manners.severity === null ? [] : [['severity', manners.severity]]),
    ]),
    fifo: isFifo ? { groupId: dedupKey(notification.groupKey), deduplicationId: dedupKey(notification.id) } : null,
    timeoutMs: DEFAULT_TIMEOUT_MS,
  };
}

function targetOf(settings: SnsSettings, render: (template: string) => string): TopicMessage['target'] {
  const candidates = [
    { kind: 'topic', value: render(settings.topicArn) },
    { kind: 'endpoint', value: render(settings.targetArn) },
    { kind: 'phone', value: render(settings.phoneNumber) },
  ] as const;
  const target = candidates.find(({ value }) => value !== '');
  if (target === undefined) throw new PlanError('no topic, target or phone number after templating');
  return target;
}

function cutText(text: string, limit: number): { text: string; isCut: boolean } {
  return { text: truncate(text, limit), isCut: [...text].length > limit };
}

function cutBytes(text: string): { text: string; isCut: boolean } {
  const bytes = new TextEncoder().encode(text);
  if (bytes.length <= MAX_MESSAGE_BYTES) return { text, isCut: false };
  return {
    text: new TextDecoder('utf-8', { ignoreBOM: true })
      .decode(bytes.subarray(0, MAX_MESSAGE_BYTES - 4))
      .replace(/\ufffd$/, ''),
    isCut: true,
  };
}
