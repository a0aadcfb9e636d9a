import { InvalidInput } from '../model/issue.ts';
import type { LanguageFeatures } from '../promql/features.ts';
import type { QueryService } from '../services/query.ts';
import type { RulesService } from '../services/rules.ts';
import { type HttpReply, type HttpRequest, textReply } from './http.ts';
import { type Answer, failure, renderAnswer, success } from './prometheus-envelope.ts';
import { type Parameters, readParameters } from './prometheus-parameters.ts';
import { answerExemplars, answerFormat, answerParse, answerQuery, answerRangeQuery } from './prometheus-query.ts';
import { answerAlerts, answerRules } from './prometheus-rules.ts';
import { answerLabels, answerLabelValues, answerMetadata, answerSeries } from './prometheus-series.ts';
import {
  answerAlertmanagers,
  answerBuild,
  answerConfig,
  answerFlags,
  answerRuntime,
  answerTargets,
  type Installation,
} from './prometheus-status.ts';

/** What the endpoints read. */
export interface PrometheusServices {
  readonly query: QueryService;
  readonly rules: RulesService;
  readonly features: LanguageFeatures;
  readonly installation: Installation;
}

interface Call {
  readonly services: PrometheusServices;
  readonly parameters: Parameters;
  readonly nowMs: number;
}

type Endpoint = (call: Call) => Answer | Promise<Answer>;

const PREFIX = '/api/v1/';

const groupsOf = ({ services, nowMs }: Call) => services.rules.list(nowMs);
const contextOf = ({ services: { features, query }, nowMs }: Call) => ({ features, query, nowMs });

/** Endpoints that also take their parameters as a form. */
const GET_OR_POST: ReadonlyMap<string, Endpoint> = new Map<string, Endpoint>([
  ['query', ({ services, parameters, nowMs }) => answerQuery(services.query, parameters, nowMs)],
  ['query_range', ({ services, parameters, nowMs }) => answerRangeQuery(services.query, parameters, nowMs)],
  ['query_exemplars', ({ services, parameters }) => answerExemplars(services.features, parameters)],
  ['format_query', ({ services, parameters }) => answerFormat(services.features, parameters)],
  ['parse_query', ({ services, parameters }) => answerParse(services.features, parameters)],
  ['series', (call) => answerSeries(contextOf(call), call.parameters)],
  ['labels', (call) => answerLabels(contextOf(call), call.parameters)],
]);

const GET_ONLY: ReadonlyMap<string, Endpoint> = new Map<string, Endpoint>([
  ['metadata', (call) => answerMetadata(contextOf(call), call.parameters)],
  ['rules', async (call) => answerRules(await groupsOf(call), call.parameters, call.services.features)],
  ['alerts', async (call) => answerAlerts(await groupsOf(call))],
  ['targets', ({ parameters }) => answerTargets(parameters)],
  ['targets/metadata', () => success('[]')],
  ['scrape_pools', () => success('{"scrapePools":[]}')],
  ['alertmanagers', ({ services }) => answerAlertmanagers(services.installation)],
  ['notifications', () => success('[]')],
  ['status/buildinfo', ({ services }) => answerBuild(services.installation)],
  ['status/runtimeinfo', ({ services, nowMs }) => answerRuntime(services.installation, nowMs)],
  ['status/config', ({ services }) => answerConfig(services.installation)],
  ['status/flags', ({ services }) => answerFlags(services.installation)],
]);

/** Answers everything under /api/v1 as Prometheus does: envelope, texts, status codes. */
export async function answerPrometheus(services: PrometheusServices, request: HttpRequest): Promise<HttpReply> {
  const reply = await answerRequest(services, request);
  return { ...reply, headers: { ...reply.headers, ...crossOriginHeaders(request) } };
}

async function answerRequest(services: PrometheusServices, request: HttpRequest): Promise<HttpReply> {
  const { method, path } = request;
  if (method === 'OPTIONS') return { status: 204, headers: {}, body: '' };
  const name = path.startsWith(PREFIX) ? path.slice(PREFIX.length) : '';
  const takesForms = GET_OR_POST.has(name);
  const endpoint = GET_OR_POST.get(name) ?? GET_ONLY.get(name) ?? labelValuesOf(name);
  if (endpoint === null) return textReply(404, '404 page not found\n');
  if (method !== 'GET' && !(takesForms && method === 'POST')) {
    const refusal = textReply(405, 'Method Not Allowed\n');
    return { ...refusal, headers: { ...refusal.headers, allow: takesForms ? 'GET, OPTIONS, POST' : 'GET, OPTIONS' } };
  }
  const call = { services, parameters: readParameters(request), nowMs: request.receivedAtMs };
  return renderAnswer(await answerOrRefuse(() => endpoint(call)));
}

/** Answers what is wrong with the request. The first mistake is Prometheus' message; all of them come as issues. */
async function answerOrRefuse(answer: () => Answer | Promise<Answer>): Promise<Answer> {
  try {
    return await answer();
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error;
    return failure('bad_data', error.issues[0]?.message ?? error.message, error.issues);
  }
}

function labelValuesOf(name: string): Endpoint | null {
  const [, label] = /^label\/([^/]+)\/values$/.exec(name) ?? [];
  return label === undefined ? null : (call) => answerLabelValues(contextOf(call), label, call.parameters);
}

/** Pages of other origins may read, as with Prometheus' default. */
function crossOriginHeaders({ headers }: HttpRequest): Readonly<Record<string, string>> {
  const origin = headers.get('origin');
  if (origin === undefined || origin === '') return {};
  return {
    'access-control-allow-headers': 'Accept, Authorization, Content-Type, Origin',
    'access-control-allow-methods': 'GET, POST, OPTIONS',
    'access-control-allow-origin': origin,
    'access-control-expose-headers': 'Date',
    vary: 'Origin',
  };
}
