import { InvalidInput } from '../model/issue.ts';
import type { LanguageFeatures } from '../promql/features.ts';
import type { QueryService } from '../services/query.ts';
import type { RulesService } from '../services/rules.ts';
import { answerFederation } from './federation.ts';
import { type HttpReply, type HttpRequest, textReply } from './http.ts';
import { type Answer, failure, renderAnswer, success } from './prometheus-envelope.ts';
import { type Parameters, readParameters } from './prometheus-parameters.ts';
import { answerExemplars, answerFormat, answerParse, answerQuery, answerRangeQuery } from './prometheus-query.ts';
import { answerAlerts, answerRules } from './prometheus-rules.ts';
import { answerLabels, answerLabelValues, answerMetadata, answerSeries } from './prometheus-series.ts';
import {
  answerAdministration,
  answerAlertmanagers,
  answerBuild,
  answerConfig,
  answerFlags,
  answerRuntime,
  answerTargetMetadata,
  answerTargets,
  type Installation,
} from './prometheus-status.ts';
import { answerSeriesStatistics } from './prometheus-tsdb.ts';

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
  ['targets/metadata', ({ services, parameters }) => answerTargetMetadata(parameters, services.features)],
  ['scrape_pools', () => success('{"scrapePools":[]}')],
  ['alertmanagers', ({ services }) => answerAlertmanagers(services.installation)],
  ['notifications', () => success('[]')],
  ['status/buildinfo', ({ services }) => answerBuild(services.installation)],
  ['status/runtimeinfo', ({ services, nowMs }) => answerRuntime(services.installation, nowMs)],
  ['status/config', ({ services }) => answerConfig(services.installation)],
  ['status/flags', ({ services }) => answerFlags(services.installation)],
  ['status/tsdb', ({ services, parameters, nowMs }) => answerSeriesStatistics(services.query, parameters, nowMs)],
  // There is no log to replay.
  ['status/walreplay', () => success('{"min":0,"max":0,"current":0}')],
]);

const ADMINISTRATION: ReadonlyMap<string, Endpoint> = new Map<string, Endpoint>([
  ['admin/tsdb/snapshot', answerAdministration],
  ['admin/tsdb/delete_series', answerAdministration],
  ['admin/tsdb/clean_tombstones', answerAdministration],
]);

/** Endpoints by the methods that they take. */
const ENDPOINTS: readonly (readonly [methods: readonly string[], endpoints: ReadonlyMap<string, Endpoint>])[] = [
  [['GET', 'POST'], GET_OR_POST],
  [['GET'], GET_ONLY],
  [['POST', 'PUT'], ADMINISTRATION],
];

/** Answers everything under /api/v1, and /federate, as Prometheus does: envelope, texts, status codes. */
export async function answerPrometheus(services: PrometheusServices, request: HttpRequest): Promise<HttpReply> {
  if (request.path === '/federate') return answerFederate(services, request);
  const { method, path } = request;
  if (method === 'OPTIONS') return withCrossOrigin(request, { status: 204, headers: {}, body: '' });
  const found = findEndpoint(path.startsWith(PREFIX) ? path.slice(PREFIX.length) : '');
  if (found === null) return textReply(404, '404 page not found\n');
  if (!found.methods.includes(method)) return refuseMethod(found.methods);
  const call = { services, parameters: readParameters(request), nowMs: request.receivedAtMs };
  return withCrossOrigin(request, renderAnswer(await answerOrRefuse(() => found.endpoint(call))));
}

function answerFederate(services: PrometheusServices, request: HttpRequest): HttpReply | Promise<HttpReply> {
  if (request.method !== 'GET') return refuseMethod(['GET']);
  const { features, installation, query } = services;
  return answerFederation({ ...installation, query, features }, request);
}

interface FoundEndpoint {
  readonly methods: readonly string[];
  readonly endpoint: Endpoint;
}

function findEndpoint(name: string): FoundEndpoint | null {
  const values = labelValuesOf(name);
  if (values !== null) return { methods: ['GET'], endpoint: values };
  for (const [methods, endpoints] of ENDPOINTS) {
    const endpoint = endpoints.get(name);
    if (endpoint !== undefined) return { methods, endpoint };
  }
  return null;
}

function refuseMethod(methods: readonly string[]): HttpReply {
  const refusal = textReply(405, 'Method Not Allowed\n');
  return { ...refusal, headers: { ...refusal.headers, allow: [...methods, 'OPTIONS'].sort().join(', ') } };
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
function withCrossOrigin(request: HttpRequest, reply: HttpReply): HttpReply {
  const origin = request.headers.get('origin') ?? '';
  if (origin === '') return reply;
  const headers = {
    ...reply.headers,
    'access-control-allow-headers': 'Accept, Authorization, Content-Type, Origin',
    'access-control-allow-methods': 'GET, POST, OPTIONS',
    'access-control-allow-origin': origin,
    'access-control-expose-headers': 'Date',
    vary: 'Origin',
  };
  return { ...reply, headers };
}
