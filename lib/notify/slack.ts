import type { SlackSettings } from '../alerts/config-receivers-chat.ts';
import type { OutgoingResponse } from '../ports.ts';
import type { Delivery } from './delivery.ts';
import { goJson } from './go-json.ts';
import { extraHeaders, postRequest, secretFilesOf, unsupportedHttp } from './http-request.ts';
import { defineIntegration, type IntegrationContext } from './integration.ts';
import { type ReceiverManners, truncate } from './notification.ts';
import { DELIVERED, type DeliveryOutcome, httpOutcome } from './outcome.ts';

const MAX_TITLE_LENGTH = 1024;
const POST_MESSAGE_URL = 'https://slack.com/api/chat.postMessage';

/** Slack: an incoming webhook (`api_url`), or the Web API with a bot token (`app_token`), which can also update its message in place. */
export const slackIntegration = defineIntegration<SlackSettings>({
  type: 'slack',
  clients: ['http', 'slack'],
  secretFiles: ({ apiUrlFile, appTokenFile, httpConfig }) => [apiUrlFile, appTokenFile, ...secretFilesOf(httpConfig)],
  unsupported: ({ httpConfig }) => unsupportedHttp(httpConfig),
  http: ({ httpConfig }) => httpConfig,
  maxAlerts: () => 0,
  plan: planSlack,
  judge: (response, { renderer, settings }) => judgeSlack(response, renderer.nowMs, settings.updateMessage),
});

type Slack = IntegrationContext<SlackSettings>;
type Json = Readonly<Record<string, unknown>>;

function planSlack(context: Slack): Delivery {
  const { settings, renderer, notification } = context;
  const token = renderer.reveal(settings.appToken, settings.appTokenFile);
  if (token !== '') return webApiCall(context, { url: settings.appUrl ?? POST_MESSAGE_URL, token, thread: null });
  const address = renderer.reveal(settings.apiUrl, settings.apiUrlFile);
  const bearer = settings.httpConfig?.authorization ?? null;
  if (!settings.updateMessage || bearer === null) return postJson(context, address);
  const thread = threadOf(notification.remembered);
  const url = thread === null ? address : address.replace(/chat\.postMessage$/, 'chat.update');
  return webApiCall(context, { url, token: renderer.reveal(bearer.credentials, bearer.credentialsFile), thread });
}

interface WebApiTarget {
  readonly url: string;
  readonly token: string;
  /** The message to change; null for a new one. */
  readonly thread: Thread | null;
}

function webApiCall(context: Slack, { url, token, thread }: WebApiTarget): Delivery {
  const { settings, renderer } = context;
  return {
    kind: 'slack',
    call: {
      url,
      method: thread === null ? 'chat.postMessage' : 'chat.update',
      token,
      headers: extraHeaders(settings.httpConfig, renderer),
      payload: payloadOf(context, thread),
      timeoutMs: settings.timeoutMs,
    },
  };
}

function postJson(context: Slack, url: string): Delivery {
  const { settings, renderer } = context;
  const post = {
    url,
    contentType: 'application/json',
    body: goJson(payloadOf(context, null)),
    http: settings.httpConfig,
    timeoutMs: settings.timeoutMs,
  };
  return { kind: 'http', request: postRequest(post, renderer) };
}

interface Thread {
  readonly channel: string;
  readonly ts: string;
}

function threadOf(remembered: Readonly<Record<string, string>>): Thread | null {
  const { channel, ts } = { channel: remembered['channel'] ?? '', ts: remembered['ts'] ?? '' };
  return channel === '' || ts === '' ? null : { channel, ts };
}

/** The message; keys in Alertmanager's order, empty ones left out as it does. */
function payloadOf(context: Slack, thread: Thread | null): Json {
  const { settings, renderer, manners } = context;
  const { adornment } = renderer;
  const messageText = renderer.message(settings.messageText);
  return withoutEmpty({
    channel: thread?.channel ?? renderer.text(settings.channel),
    ts: thread?.ts ?? '',
    username: adornment(settings.username),
    icon_emoji: adornment(settings.iconEmoji),
    icon_url: adornment(settings.iconUrl),
    link_names: settings.linkNames,
    text: messageText === '' ? '' : withManners(messageText, manners),
    attachments: messageText === '' ? [attachmentOf(context)] : [],
  });
}

/** A message of text alone has no fields and buttons to put them in. */
function withManners(text: string, { severity, runbookUrl }: ReceiverManners): string {
  const lines = [severity === null ? '' : `Severity: ${severity}`, runbookUrl === null ? '' : `Runbook: ${runbookUrl}`];
  return [text, ...lines.filter((line) => line !== '')].join('\n');
}

function attachmentOf({ settings, renderer, manners }: Slack): Json {
  const { adornment, message } = renderer;
  const runbook = manners.runbookUrl === null ? [] : [{ type: 'button', text: 'Runbook', url: manners.runbookUrl }];
  const severity = manners.severity === null ? [] : [{ title: 'Severity', value: manners.severity, short: true }];
  const fields = settings.fields.map((field) => ({
    title: message(field.title),
    value: message(field.value),
    short: field.short ?? settings.shortFields,
  }));
  const actions = settings.actions.map((action) =>
    withoutEmpty({
      type: adornment(action.type),
      text: message(action.text),
      url: adornment(action.url),
      style: adornment(action.style),
      name: adornment(action.name),
      value: adornment(action.value),
      confirm: action.confirm === null ? '' : confirmationOf(action.confirm, message),
    }),
  );
  return {
    title: truncate(message(settings.title), MAX_TITLE_LENGTH),
    title_link: adornment(settings.titleLink),
    ...withoutEmpty({ pretext: message(settings.pretext) }),
    text: message(settings.text),
    fallback: message(settings.fallback),
    callback_id: adornment(settings.callbackId),
    ...withoutEmpty({ fields: [...fields, ...severity], actions: [...actions, ...runbook] }),
    ...withoutEmpty({ image_url: adornment(settings.imageUrl), thumb_url: adornment(settings.thumbUrl) }),
    footer: message(settings.footer),
    ...withoutEmpty({ color: adornment(settings.color) }),
    mrkdwn_in: settings.mrkdwnIn.length === 0 ? ['fallback', 'pretext', 'text'] : settings.mrkdwnIn,
  };
}

interface Confirmation {
  readonly text: string;
  readonly title: string;
  readonly okText: string;
  readonly dismissText: string;
}

function confirmationOf(confirm: Confirmation, message: (template: string) => string): Json {
  return withoutEmpty({
    text: message(confirm.text),
    title: message(confirm.title),
    ok_text: message(confirm.okText),
    dismiss_text: message(confirm.dismissText),
  });
}

function withoutEmpty(record: Json): Json {
  const isEmpty = (value: unknown): boolean =>
    value === '' || value === false || (Array.isArray(value) && value.length === 0);
  return Object.fromEntries(Object.entries(record).filter(([, value]) => !isEmpty(value)));
}

/** Slack says no with a 200: `{"ok": false}` or a text other than "ok". */
function judgeSlack(response: OutgoingResponse, nowMs: number, remembers: boolean): DeliveryOutcome {
  const outcome = httpOutcome(response, nowMs);
  if (outcome.kind !== 'delivered' || response.kind !== 'response') return outcome;
  const text = response.body.trim();
  if (!text.startsWith('{')) {
    return text === '' || text === 'ok'
      ? DELIVERED
      : { kind: 'rejected', reason: 'clientError', detail: `slack answered: ${text}` };
  }
  const answer = parseAnswer(text);
  if (answer === null)
    return { kind: 'retry', reason: 'serverError', detail: 'slack answered with broken JSON', afterMs: null };
  if (!answer.ok) return refusal(answer.error);
  return remembers ? { ...DELIVERED, remember: { channel: answer.channel, ts: answer.ts } } : DELIVERED;
}

// What Slack calls its own trouble; all other errors stay until somebody changes something.
const passing = new Set(['internal_error', 'fatal_error', 'service_unavailable', 'request_timeout', 'ratelimited']);
const unauthorized = new Set(['invalid_auth', 'not_authed', 'account_inactive', 'token_revoked', 'token_expired']);

function refusal(error: string): DeliveryOutcome {
  const detail = `slack answered "${error}"`;
  if (passing.has(error)) {
    return { kind: 'retry', reason: error === 'ratelimited' ? 'rateLimited' : 'serverError', detail, afterMs: null };
  }
  return { kind: 'rejected', reason: unauthorized.has(error) ? 'authError' : 'clientError', detail };
}

function parseAnswer(text: string): { ok: boolean; error: string; channel: string; ts: string } | null {
  try {
    const value: unknown = JSON.parse(text);
    const fields = new Map(Object.entries(typeof value === 'object' && value !== null ? value : {}));
    const textOf = (name: string): string => (typeof fields.get(name) === 'string' ? String(fields.get(name)) : '');
    return { ok: fields.get('ok') === true, error: textOf('error'), channel: textOf('channel'), ts: textOf('ts') };
  } catch {
    return null;
  }
}
