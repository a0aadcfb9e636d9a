import type { SnsSettings } from '../alerts/config-receivers-delivery.ts';
import type { TopicMessage } from '../ports.ts';
import type { Delivery } from './delivery.ts';
import { secretFilesOf, unsupportedHttp } from './http-request.ts';
import { defineIntegration, type IntegrationContext, PlanError } from './integration.ts';
import { type Renderer, truncate } from './notification.ts';
import { httpOutcome } from './outcome.ts';
import { dedupKey } from './pagerduty.ts';

const MAX_MESSAGE_BYTES = 256 * 1024;
const MAX_SMS_LENGTH = 1600;
const MAX_SUBJECT_LENGTH = 100;
/** Attribute of messages that were cut. */
const TRUNCATED = 'truncated';
/** For that attribute and the types of all; SNS counts attributes with the message. */
const RESERVED_BYTES = 512;

/** An SNS topic, endpoint or phone: email, SMS and whatever else subscribes. */
export const snsIntegration = defineIntegration<SnsSettings>({
  type: 'sns',
  clients: ['topic'],
  secretFiles: ({ httpConfig }) => secretFilesOf(httpConfig),
  unsupported: ({ httpConfig, sigv4 }) => unsupportedHttp(httpConfig) ?? unsupportedSigning(sigv4),
  http: ({ httpConfig }) => httpConfig,
  maxAlerts: () => 0,
  plan: (context) => ({ kind: 'topic', message: messageOf(context) }) satisfies Delivery,
  judge: (response, { renderer }) => httpOutcome(response, renderer.nowMs),
});

type Sns = IntegrationContext<SnsSettings>;

function messageOf(context: Sns): TopicMessage {
  const { settings, renderer, notification, manners } = context;
  const target = targetOf(settings, renderer.text);
  const runbook = manners.runbookUrl === null ? '' : `\nRunbook: ${manners.runbookUrl}`;
  const subject = target.kind === 'phone' ? '' : subjectOf(renderer.message(settings.subject));
  const attributes = attributesOf(context);
  const { region, accessKey, secretKey } = settings.sigv4;
  const whole = messageTextOf(renderer.message(settings.message), subject, renderer);
  const { text, isCut } =
    target.kind === 'phone'
      ? cutText(whole, MAX_SMS_LENGTH)
      : cutBytes(
          `${whole}${runbook}`,
          MAX_MESSAGE_BYTES - RESERVED_BYTES - sizeBytesOf([subject, ...attributes.flat()]),
        );
  const isFifo = target.value.endsWith('.fifo');
  return {
    target,
    endpoint: settings.apiUrl === '' ? null : renderer.text(settings.apiUrl),
    region: region !== '' ? region : (target.value.split(':')[3] ?? null),
    credentials:
      accessKey === '' || secretKey === null ? null : { accessKey, secretKey: renderer.reveal(secretKey, '') },
    subject: subject === '' ? null : subject,
    message: text,
    attributes: Object.fromEntries([...attributes, ...(isCut ? [[TRUNCATED, 'true']] : [])]),
    fifo: isFifo ? { groupId: dedupKey(notification.groupKey), deduplicationId: dedupKey(notification.id) } : null,
    timeoutMs: 0,
  };
}

function unsupportedSigning(sigv4: SnsSettings['sigv4']): string | null {
  const { profile, roleArn, serviceName } = sigv4;
  if (roleArn !== '') return 'sigv4.role_arn';
  if (profile !== '') return 'sigv4.profile';
  if (sigv4.useFipsStsEndpoint) return 'sigv4.use_fips_sts_endpoint';
  return serviceName === '' || serviceName === 'sns' ? null : 'sigv4.service_name';
}

/** SNS takes subjects on one line. */
function subjectOf(text: string): string {
  return truncate(text.replace(/[\s\p{Cc}]+/gu, ' ').trim(), MAX_SUBJECT_LENGTH);
}

/** SNS refuses empty messages. */
function messageTextOf(text: string, subject: string, { message }: Renderer): string {
  if (text.trim() !== '') return text;
  return subject === '' ? message('{{ template "__subject" . }}') : subject;
}

function sizeBytesOf(texts: readonly string[]): number {
  return new TextEncoder().encode(texts.join('')).length;
}

/** Subscribers filter by attributes, so they must be right. SNS refuses empty ones. */
function attributesOf({ settings, renderer, manners }: Sns): readonly (readonly [name: string, value: string])[] {
  const { text } = renderer;
  const own = [...settings.attributes].map(([name, value]) => [text(name), text(value)] as const);
  const severity = manners.severity === null ? [] : [['severity', manners.severity] as const];
  return [...own, ...severity].filter(([name, value]) => name !== '' && value !== '');
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

/** Cut between characters. */
function cutBytes(text: string, limitBytes: number): { text: string; isCut: boolean } {
  const bytes = new TextEncoder().encode(text);
  if (bytes.length <= limitBytes) return { text, isCut: false };
  const kept = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes.subarray(0, limitBytes - 4));
  return { text: kept.replace(/\ufffd$/, ''), isCut: true };
}
