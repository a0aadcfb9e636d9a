import type { SlackSettings } from '../alerts/config-receivers-chat.ts';
import type { OutgoingResponse } from '../ports.ts';
import type { Delivery } from './delivery.ts';
import { goJson } from './go-json.ts';
import { DEFAULT_TIMEOUT_MS, postRequest, secretFilesOf } from './http-request.ts';
import { defineIntegration, type IntegrationContext } from './integration.ts';
import { truncate } from './notification.ts';
import { DELIVERED, type DeliveryOutcome, httpOutcome } from './outcome.ts';

const MAX_TITLE_LENGTH = 1024;
const POST_MESSAGE_URL = 'https://slack.com/api/chat.postMessage';

/** Slack: an incoming webhook (`api_url`), or the Web API with a bot token (`app_token`), which can also update its message in place. */
export const slackIntegration = defineIntegration<SlackSettings>({
  type: 'slack',
  secretFiles: ({ apiUrlFile, appTokenFile, httpConfig }) => [apiUrlFile, appTokenFile, ...secretFilesOf(httpConfig)],
  http: ({ httpConfig }) => httpConfig,
  maxAlerts: () => 0,
  plan: planSlack,
  judge: (response, { renderer, settings }) => judgeSlack(response, renderer.nowMs, settings.updateMessage),
});

type Slack = IntegrationContext<SlackSettings>;
type Json = Readonly<Record<string, unknown>>;

function planSlack(context: Slack): Delivery {
  const { settings, renderer, notification } = context;
  const timeoutMs = settings.timeoutMs === 0 ? DEFAULT_TIMEOUT_MS : settings.timeoutMs;
  const token = renderer.reveal(settings.appToken, settings.appTokenFile);
  if (token !== '') {
    const url = settings.appUrl ?? POST_MESSAGE_URL;
    return {
      kind: 'slack',
      call: { url, method: 'chat.postMessage', token, payload: payloadOf(context, null), timeoutMs },
    };
  }
  const known = settings.updateMessage ? threadOf(notification.remembered) : null;
  const address = renderer.reveal(settings.apiUrl, settings.apiUrlFile);
  const bearer = settings.httpConfig?.authorization ?? null;
  if (settings.updateMessage && bearer !== null) {
    const method = known === null ? 'chat.postMessage' : 'chat.update';
    const url = address.replace(/chat\.postMessage$/, method);
    const ownToken = renderer.reveal(bearer.credentials, bearer.credentialsFile);
    if (settings.httpConfig?.proxyUrl === '') {
      return { kind: 'slack', call: { url, method, token: ownToken, payload: payloadOf(context, known), timeoutMs } };
    }
    return postJson(context, url, payloadOf(context, known));
  }
  return postJson(context, address, payloadOf(context, null));
}

function postJson({ settings, renderer }: Slack, url: string, payload: Json): Delivery {
  const post = {
    url,
    contentType: 'application/json',
    body: goJson(payload),
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
  const { settings, renderer } = context;
  const messageText = renderer.message(settings.messageText);
  return withoutEmpty({
    channel: thread?.channel ?? renderer.text(settings.channel),
    ts: thread?.ts ?? '',
    username: renderer.text(settings.username),
    icon_emoji: renderer.text(settings.iconEmoji),
    icon_url: renderer.text(settings.iconUrl),
    link_names: settings.linkNames,
    text: messageText,
    attachments: messageText === '' ? [attachmentOf(context)] : [],
  });
}

function attachmentOf({ settings, renderer, manners }: Slack): Json {
  const { text, message } = renderer;
  const runbook = manners.runbookUrl === null ? [] : [{ type: 'button', text: 'Runbook', url: manners.runbookUrl }];
  const severity = manners.severity === null ? [] : [{ title: 'Severity', value: manners.severity, short: true }];
  const fields = settings.fields.map((field) => ({
    title: message(field.title),
    value: message(field.value),
    short: field.short ?? settings.shortFields,
  }));
  const actions = settings.actions.map((action) =>
    withoutEmpty({
      type: text(action.type),
      text: message(action.text),
      url: text(action.url),
      style: text(action.style),
      name: text(action.name),
      value: text(action.value),
      confirm: action.confirm === null ? '' : confirmationOf(action.confirm, message),
    }),
  );
  return {
    title: truncate(message(settings.title), MAX_TITLE_LENGTH),
    title_link: text(settings.titleLink),
    ...withoutEmpty({ pretext: message(settings.pretext) }),
    text: message(settings.text),
    fallback: message(settings.fallback),
    callback_id: text(settings.callbackId),
    ...withoutEmpty({ fields: [...fields, ...severity], actions: [...actions, ...runbook] }),
    ...withoutEmpty({ image_url: text(settings.imageUrl), thumb_url: text(settings.thumbUrl) }),
    footer: message(settings.footer),
    ...withoutEmpty({ color: text(settings.color) }),
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
      : { kind: 'rejected', reason: 'clientError', detail: `slack answered ${JSON.stringify(text.slice(0, 100))}` };
  }
  const answer = parseAnswer(text);
  if (answer === null)
    return { kind: 'retry', reason: 'serverError', detail: 'slack answered with broken JSON', afterMs: null };
  if (!answer.ok) return { kind: 'rejected', reason: 'clientError', detail: `slack answered "${answer.error}"` };
  return remembers ? { kind: 'delivered', remember: { channel: answer.channel, ts: answer.ts } } : DELIVERED;
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
