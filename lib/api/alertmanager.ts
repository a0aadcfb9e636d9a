/**
 * Alertmanager's API v2 under `/api/v2`: which request does what, and what a wrong one is answered. Errors of the router have a code and
 * a message, errors of a handler are a bare text. alertmanager-requests.ts reads, alertmanager-replies.ts writes.
 */
import type { AlertmanagerService } from '../services/alertmanager.ts';
import { ApiRefusal } from './alertmanager-json.ts';
import {
  emptyReply,
  payloadReply,
  renderAlert,
  renderGroup,
  renderReceivers,
  renderSilence,
  renderStatus,
  routerReply,
} from './alertmanager-replies.ts';
import {
  HandlerRefusal,
  parseAlertQuery,
  parseAlertsBody,
  parseFlag,
  parseMatchers,
  parseSilenceBody,
  parseSilenceId,
} from './alertmanager-requests.ts';
import type { HttpReply, HttpRequest } from './http.ts';

/** What the API says about the process. */
export interface AboutProcess {
  readonly version: string;
  readonly startedAtMs: number;
}

interface Call {
  readonly service: AlertmanagerService;
  readonly request: HttpRequest;
  readonly about: AboutProcess;
  /** The last part of the path. */
  readonly id: string;
}

type Operation = (call: Call) => Promise<HttpReply>;

/** Operations by path below /api/v2 and method, in the order in which `Allow` names them. */
const operations: Readonly<Record<string, Readonly<Record<string, Operation>>>> = {
  '/status': { GET: async ({ service, about }) => payloadReply(200, renderStatus(service.printConfig(), about)) },
  '/receivers': { GET: listReceivers },
  '/alerts': { POST: postAlerts, GET: listAlerts },
  '/alerts/groups': { GET: listGroups },
  '/silences': { POST: postSilence, GET: listSilences },
  '/silence/': { GET: loadSilence, DELETE: expireSilence },
};

const ROOT = '/api/v2';
const V1_IS_GONE =
  'The Alertmanager v1 API was deprecated in version 0.16.0 and is removed as of version 0.27.0 - please use the equivalent route in the v2 API';
/** Largest body of one request; alerts of a storm come in several. */
const MAX_BODY_BYTES = 6_000_000;
const MAX_SILENCE_BYTES = 200_000;

/** Answers one request to `/api/v2`; throws only when the service does. */
export async function answerAlertmanager(
  service: AlertmanagerService,
  request: HttpRequest,
  about: AboutProcess,
): Promise<HttpReply> {
  if (request.path.startsWith('/api/v1/')) return payloadReply(410, { status: 'deprecated', error: V1_IS_GONE });
  const origin = request.headers.get('origin');
  const asked = request.headers.get('access-control-request-method');
  if (request.method === 'OPTIONS' && asked !== undefined) return preflight(asked);
  const reply = await answer(service, request, about);
  const common = { 'cache-control': 'no-store', vary: 'Origin' };
  const cors = origin === undefined ? {} : { 'access-control-allow-origin': '*' };
  return { ...reply, headers: { ...reply.headers, ...common, ...cors } };
}

function preflight(method: string): HttpReply {
  return {
    status: 204,
    headers: {
      'access-control-allow-origin': '*',
      'access-control-allow-methods': method,
      'access-control-allow-headers': 'Accept, Authorization, Content-Type, Origin',
      vary: 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers',
    },
    body: '',
  };
}

async function answer(service: AlertmanagerService, request: HttpRequest, about: AboutProcess): Promise<HttpReply> {
  const path = request.path.startsWith(`${ROOT}/`) ? request.path.slice(ROOT.length) : '';
  const [, silenceId] = /^\/silence\/([^/]+)$/.exec(path) ?? [];
  const methods = operations[silenceId === undefined ? path : '/silence/'];
  if (methods === undefined || path === '/silence/') {
    return routerReply(404, 404, `path ${request.path} was not found`);
  }
  const operation = methods[request.method];
  if (operation === undefined) {
    const allowed = Object.keys(methods).join(',');
    const message = `method ${request.method} is not allowed, but [${allowed}] are`;
    const refused = routerReply(405, 405, message);
    return { ...refused, headers: { ...refused.headers, allow: allowed } };
  }
  try {
    checkMediaTypes(request);
    return await operation({ service, request, about, id: silenceId ?? '' });
  } catch (error) {
    if (error instanceof ApiRefusal) return routerReply(error.status, error.code, error.message);
    if (error instanceof HandlerRefusal) return payloadReply(400, error.message);
    throw error;
  }
}

function checkMediaTypes({ method, headers, body }: HttpRequest): void {
  const sent = (headers.get('content-type') ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  if (method === 'POST' && body.byteLength > 0 && sent !== 'application/json') {
    const shown = sent === '' ? 'application/octet-stream' : sent;
    throw new ApiRefusal(415, `unsupported media type "${shown}", only [application/json] are allowed`);
  }
  const accepted = (headers.get('accept') ?? '').split(',').map((part) => part.split(';')[0]?.trim().toLowerCase());
  if (!accepted.some((type) => ['', '*/*', 'application/*', 'application/json'].includes(type ?? ''))) {
    throw new ApiRefusal(406, 'unsupported media type requested, only [application/json] are available');
  }
}

function checkSize(body: Uint8Array, maxBytes: number): void {
  if (body.byteLength <= maxBytes) return;
  throw new ApiRefusal(413, `body of ${body.byteLength} bytes exceeds ${maxBytes}`);
}

async function postAlerts({ service, request }: Call): Promise<HttpReply> {
  checkSize(request.body, MAX_BODY_BYTES);
  const refused = await service.postAlerts(parseAlertsBody(request.body), request.receivedAtMs);
  return refused.length === 0 ? emptyReply(200) : payloadReply(400, refused.join('\n'));
}

async function listAlerts({ service, request }: Call): Promise<HttpReply> {
  const alerts = await service.listAlerts(parseAlertQuery(request.query), request.receivedAtMs);
  return payloadReply(200, alerts.map(renderAlert));
}

async function listGroups({ service, request }: Call): Promise<HttpReply> {
  const query = { ...parseAlertQuery(request.query), muted: parseFlag(request.query, 'muted') };
  const groups = await service.listGroups(query, request.receivedAtMs);
  return payloadReply(200, groups.map(renderGroup));
}

async function listReceivers({ service, request }: Call): Promise<HttpReply> {
  const prefix = 'failed to parse receiver_matchers param: ';
  const receivers = service.listReceivers(parseMatchers(request.query, 'receiver_matchers', prefix));
  return payloadReply(200, renderReceivers(receivers));
}

async function listSilences({ service, request }: Call): Promise<HttpReply> {
  const silences = await service.listSilences(parseMatchers(request.query, 'filter', ''), request.receivedAtMs);
  return payloadReply(200, silences.map(renderSilence));
}

async function postSilence({ service, request }: Call): Promise<HttpReply> {
  checkSize(request.body, MAX_SILENCE_BYTES);
  const posted = await service.postSilence(parseSilenceBody(request.body), request.receivedAtMs);
  switch (posted.kind) {
    case 'saved':
      return payloadReply(200, { silenceID: posted.id });
    case 'unknown':
      return payloadReply(404, 'silence not found');
    case 'refused':
      return payloadReply(400, posted.message);
  }
}

async function loadSilence({ service, request, id }: Call): Promise<HttpReply> {
  const silence = await service.loadSilence(parseSilenceId(id), request.receivedAtMs);
  return silence === null ? emptyReply(404) : payloadReply(200, renderSilence(silence));
}

async function expireSilence({ service, request, id }: Call): Promise<HttpReply> {
  const outcome = await service.expireSilence(parseSilenceId(id), request.receivedAtMs);
  return emptyReply(outcome === 'unknown' ? 404 : 200);
}
