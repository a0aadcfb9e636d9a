import type { EmailSettings } from '../alerts/config-receivers-delivery.ts';
import { dateFromDays } from '../model/calendar.ts';
import { DAY_MS } from '../model/unix-time.ts';
import type { OutgoingMail, OutgoingResponse } from '../ports.ts';
import type { Delivery } from './delivery.ts';
import { tlsFiles, tlsOptions, unsupportedTls } from './http-request.ts';
import { defineIntegration, type IntegrationContext, PlanError } from './integration.ts';
import { DELIVERED, type DeliveryOutcome, httpOutcome, statusDetail } from './outcome.ts';
import { dedupKey } from './pagerduty.ts';

const IMPLICIT_TLS_PORT = 465;
/** In the answer to a mail that went to the other recipients: who was refused, and why. */
const REFUSED_RECIPIENTS = 'refused-recipients';

/** Email over SMTP, HTML and optional text. STARTTLS is demanded unless `require_tls: false`. */
export const emailIntegration = defineIntegration<EmailSettings>({
  type: 'email',
  clients: ['mail'],
  secretFiles: ({ authPasswordFile, authSecretFile, tlsConfig }) => [
    authPasswordFile,
    authSecretFile,
    ...tlsFiles(tlsConfig),
  ],
  unsupported: ({ tlsConfig }) => unsupportedTls(tlsConfig),
  http: () => null,
  maxAlerts: () => 0,
  plan: (context) => ({ kind: 'mail', mail: mailOf(context) }) satisfies Delivery,
  judge: (response, { renderer }) => judgeMail(response, renderer.nowMs),
});

type Email = IntegrationContext<EmailSettings>;

function mailOf(context: Email): OutgoingMail {
  const { settings, renderer } = context;
  const { host, port } = smarthostOf(settings.smarthost);
  const from = renderer.text(settings.from);
  const to = renderer.text(settings.to);
  const isImplicit = settings.forceImplicitTls ?? port === IMPLICIT_TLS_PORT;
  const password = renderer.reveal(settings.authPassword, settings.authPasswordFile);
  const authSecret = renderer.reveal(settings.authSecret, settings.authSecretFile);
  return {
    host,
    port,
    hello: settings.hello === '' ? 'localhost' : settings.hello,
    tlsMode: isImplicit ? 'implicit' : (settings.requireTls ?? true) ? 'starttls-required' : 'starttls-if-offered',
    tls: tlsOptions(settings.tlsConfig, renderer),
    auth:
      settings.authUsername === ''
        ? null
        : { username: settings.authUsername, password, secret: authSecret, identity: settings.authIdentity },
    from: oneAddress(from),
    to: addressesIn(to),
    headers: headersOf(context, from, to),
    text: settings.text === '' ? '' : withRunbookLine(renderer.message(settings.text), context.manners.runbookUrl),
    html: settings.html === '' ? '' : withRunbook(renderer.html(settings.html), context.manners.runbookUrl),
    timeoutMs: 0,
  };
}

const servicePorts: ReadonlyMap<string, number> = new Map([
  ['smtp', 25],
  ['submission', 587],
  ['smtps', IMPLICIT_TLS_PORT],
  ['submissions', IMPLICIT_TLS_PORT],
]);

/** `host:port`; the port may have its usual name. */
function smarthostOf(smarthost: string): { readonly host: string; readonly port: number } {
  const [, host = '', name = ''] = /^\[?(.*?)\]?:([^:]+)$/.exec(smarthost) ?? [];
  const port = servicePorts.get(name) ?? (/^\d{1,5}$/.test(name) ? Number(name) : 0);
  if (host === '' || port === 0 || port > 65_535) throw new PlanError(`smarthost "${smarthost}" is not HOST:PORT`);
  return { host, port };
}

/** Configured headers first; then those that a mail must have and nobody configured. */
function headersOf(context: Email, from: string, to: string): readonly (readonly [string, string])[] {
  const { settings, renderer, notification, manners } = context;
  const rendered = [...settings.headers].map(([name, value]): [string, string] => [
    name,
    name === 'Subject' ? renderer.message(value) : renderer.adornment(value),
  ]);
  const headers = new Map(rendered.filter(([, value]) => value !== ''));
  const fallback = (name: string, value: () => string): void => {
    if (!headers.has(name)) headers.set(name, value());
  };
  fallback('Subject', () => renderer.message('{{ template "email.default.subject" . }}'));
  fallback('To', () => to);
  fallback('From', () => from);
  // The same for every attempt, so that a mail sent twice is shown once.
  fallback('Message-Id', () => `<${notification.id}@tocsin>`);
  fallback('Date', () => printMailDate(renderer.nowMs));
  if (settings.threading.enabled) {
    const day = settings.threading.threadByDate === 'daily' ? `-${Math.floor(renderer.nowMs / DAY_MS)}` : '';
    const thread = `<alert-${dedupKey(notification.groupKey).slice(0, 16)}${day}@tocsin>`;
    headers.set('References', thread).set('In-Reply-To', thread);
  }
  if (manners.severity !== null) headers.set('X-Severity', manners.severity);
  return [...headers];
}

function withRunbook(html: string, runbookUrl: string | null): string {
  if (runbookUrl === null) return html;
  const escaped = runbookUrl.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
  const line = `<p>Runbook: <a href="${escaped}">${escaped}</a></p>`;
  return html.includes('</body>') ? html.replace('</body>', () => `${line}\n</body>`) : `${html}\n${line}`;
}

function withRunbookLine(text: string, runbookUrl: string | null): string {
  return runbookUrl === null ? text : `${text}\n\nRunbook: ${runbookUrl}\n`;
}

/** The plain addresses of a list such as `Ops <ops@example.com>, dba@example.com`. */
export function addressesIn(list: string): readonly string[] {
  const parts = list.match(/(?:"(?:\\.|[^"\\])*"|<[^>]*>|[^,"<])+/g) ?? [];
  const addresses = parts
    .map((part) => (/<([^<>]*)>\s*$/.exec(part)?.[1] ?? part).trim())
    .filter((address) => address !== '');
  const wrong = addresses.find((address) => !/^([^\s@<>"]+|"[^"\r\n<>]+")@[^\s@<>"]+$/.test(address));
  if (wrong !== undefined) throw new PlanError(`"${wrong}" is not a mail address`);
  if (addresses.length === 0) throw new PlanError('no recipient after templating');
  return addresses;
}

function oneAddress(text: string): string {
  const [first = '', ...others] = addressesIn(text);
  if (others.length > 0) throw new PlanError('"from" must be one address');
  return first;
}

const WEEKDAYS = ['Thu', 'Fri', 'Sat', 'Sun', 'Mon', 'Tue', 'Wed'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

function printMailDate(timeMs: number): string {
  const days = Math.floor(timeMs / DAY_MS);
  const { year, month, day } = dateFromDays(days);
  const seconds = Math.floor((timeMs - days * DAY_MS) / 1000);
  const clock = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60].map((part) =>
    String(part).padStart(2, '0'),
  );
  return `${WEEKDAYS[days % 7]}, ${String(day).padStart(2, '0')} ${MONTHS[month - 1]} ${year} ${clock.join(':')} +0000`;
}

/** SMTP codes: 2xx is delivered, 4xx and broken connections are tried again, 5xx is refused for good. */
function judgeMail(response: OutgoingResponse, nowMs: number): DeliveryOutcome {
  if (response.kind === 'failure') return httpOutcome(response, nowMs);
  const refused = response.headers.get(REFUSED_RECIPIENTS);
  if (response.status < 400)
    return refused === undefined ? DELIVERED : { ...DELIVERED, note: `the server refused ${refused}` };
  const detail = statusDetail(response.status, response.body);
  if (response.status < 500) return { kind: 'retry', reason: 'serverError', detail, afterMs: null };
  return { kind: 'rejected', reason: response.status === 535 ? 'authError' : 'clientError', detail };
}
