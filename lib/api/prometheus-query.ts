import { unreachable } from '../model/issue.ts';
import type { Expr } from '../promql/ast.ts';
import type { LanguageFeatures } from '../promql/features.ts';
import { parseExpr } from '../promql/parser.ts';
import { prettyExpr } from '../promql/pretty.ts';
import type { QueryTimes, QueryValue } from '../promql/value.ts';
import type { QueryOutcome, QueryRequest, QueryService, QueryTimings } from '../services/query.ts';
import { exprToJson } from './expression-json.ts';
import { quoteJson, writeJson } from './go-json.ts';
import { type Answer, failure, success, TRUNCATED } from './prometheus-envelope.ts';
import {
  EARLIEST_MS,
  LATEST_MS,
  optionalLength,
  optionalTime,
  type Parameters,
  parseLength,
  parseLimit,
  prefixIssues,
  refuse,
  refuseParameter,
  requiredTime,
  withinParameter,
} from './prometheus-parameters.ts';
import { guessBytes, shortResult, writeResult } from './query-result.ts';
import type { TextBytes } from './text-bytes.ts';

const MAX_POINTS = 11_000;
const IN_QUERY = 'invalid parameter "query": ';

/** GET|POST /api/v1/query */
export async function answerQuery(query: QueryService, parameters: Parameters, nowMs: number): Promise<Answer> {
  const limit = parseLimit(parameters);
  const timeMs = optionalTime(parameters, 'time', nowMs);
  const times = { startMs: timeMs, endMs: timeMs, stepMs: 0 };
  const request = readRequest(parameters, times);
  return renderOutcome(await run(query, request, nowMs), { limit, stats: parameters.first('stats') });
}

/** GET|POST /api/v1/query_range */
export async function answerRangeQuery(query: QueryService, parameters: Parameters, nowMs: number): Promise<Answer> {
  const limit = parseLimit(parameters);
  const request = readRequest(parameters, readTimes(parameters));
  return renderOutcome(await run(query, request, nowMs), { limit, stats: parameters.first('stats') });
}

function readTimes(parameters: Parameters): QueryTimes {
  const startMs = requiredTime(parameters, 'start');
  const endMs = requiredTime(parameters, 'end');
  if (endMs < startMs) refuseParameter('end', 'end timestamp must not be before start time');
  const stepMs = parseLength(parameters.first('step'));
  if (typeof stepMs !== 'number') return refuseParameter('step', stepMs.error);
  if (stepMs <= 0) {
    const message = 'zero or negative query resolution step widths are not accepted. Try a positive integer';
    refuseParameter('step', message);
  }
  if (Math.floor((endMs - startMs) / stepMs) > MAX_POINTS) {
    const advice = 'Try decreasing the query resolution (?step=XX)';
    refuse(`exceeded maximum resolution of 11,000 points per timeseries. ${advice}`);
  }
  return { startMs, endMs, stepMs };
}

function readRequest(parameters: Parameters, times: QueryTimes): QueryRequest {
  const timeoutMs = optionalLength(parameters, 'timeout');
  const lookbackText = parameters.first('lookback_delta');
  const lookbackMs = lookbackText === '' ? null : parseLength(lookbackText);
  if (lookbackMs !== null && typeof lookbackMs !== 'number') {
    return refuse(`error parsing lookback delta duration: ${lookbackMs.error}`);
  }
  // As in Prometheus, zero means the configured one.
  return { text: parameters.first('query'), times, timeoutMs, lookbackMs: lookbackMs === 0 ? null : lookbackMs };
}

async function run(query: QueryService, request: QueryRequest, nowMs: number): Promise<QueryOutcome> {
  try {
    return await query.query(request, nowMs);
  } catch (error) {
    throw prefixIssues(IN_QUERY, error);
  }
}

function renderOutcome(outcome: QueryOutcome, { limit, stats }: { limit: number; stats: string }): Answer {
  if (outcome.kind === 'failed') return failure(outcome.reason, outcome.message);
  const { result, timings } = outcome;
  const { isCut, value } = cut(result.value, limit);
  const statistics = stats === '' ? '' : `,"stats":${statisticsJson(timings, result.samplesRead)}`;
  const warnings = isCut ? [...result.warnings, TRUNCATED] : result.warnings;
  const text = shortResult(value);
  if (text !== null) return success(`{${text}${statistics}}`, warnings, result.infos);
  const write = (out: TextBytes): void => {
    out.add('{');
    writeResult(out, value);
    out.add(`${statistics}}`);
  };
  return success({ guessBytes: guessBytes(value) + statistics.length, write }, warnings, result.infos);
}

function cut(value: QueryValue, limit: number): { readonly value: QueryValue; readonly isCut: boolean } {
  if (limit === 0) return { value, isCut: false };
  if (value.kind === 'vector' && value.elements.length > limit) {
    return { value: { ...value, elements: value.elements.slice(0, limit) }, isCut: true };
  }
  if (value.kind === 'matrix' && value.series.length > limit) {
    return { value: { ...value, series: value.series.slice(0, limit) }, isCut: true };
  }
  return { value, isCut: false };
}

/** Of whole nanoseconds, as in Prometheus. */
function toSeconds(lengthMs: number): number {
  return Math.round(lengthMs * 1e6) / 1e9;
}

/**
 * Seconds, under Prometheus' names: reading samples is its preparation; nothing waits in a queue here. A template, as dashboards
 * ask for it with every small query.
 */
function statisticsJson({ evaluationMs, preparationMs, totalMs }: QueryTimings, samplesRead: number): string {
  const timings =
    `"evalTotalTime":${toSeconds(preparationMs + evaluationMs)},"resultSortTime":0,` +
    `"queryPreparationTime":${toSeconds(preparationMs)},"innerEvalTime":${toSeconds(evaluationMs)},` +
    `"execQueueTime":0,"execTotalTime":${toSeconds(totalMs)}`;
  return `{"timings":{${timings}},"samples":{"totalQueryableSamples":${samplesRead},"peakSamples":${samplesRead}}}`;
}

/** GET|POST /api/v1/format_query */
export function answerFormat(features: LanguageFeatures, parameters: Parameters): Answer {
  return success(
    quoteJson(prettyExpr(withinParameter(IN_QUERY, () => parseExpr(parameters.first('query'), features)))),
  );
}

/** GET|POST /api/v1/parse_query */
export function answerParse(features: LanguageFeatures, parameters: Parameters): Answer {
  const expr = withinParameter(IN_QUERY, () => parseExpr(parameters.first('query'), features));
  return success(writeJson(exprToJson(expr)));
}

/** GET|POST /api/v1/query_exemplars: none are kept, so none are found. A query without selectors cannot have any: 204. */
export function answerExemplars(features: LanguageFeatures, parameters: Parameters): Answer {
  const startMs = optionalTime(parameters, 'start', EARLIEST_MS);
  const endMs = optionalTime(parameters, 'end', LATEST_MS);
  if (endMs < startMs) refuse('end timestamp must not be before start timestamp');
  const expr = parseExpr(parameters.first('query'), features);
  return success(hasSelector(expr) ? '[]' : null);
}

function hasSelector(expr: Expr): boolean {
  switch (expr.kind) {
    case 'vectorSelector':
    case 'matrixSelector':
      return true;
    case 'number':
    case 'string':
      return false;
    case 'call':
      return expr.args.some(hasSelector);
    case 'aggregation':
      return hasSelector(expr.expr) || (expr.param !== null && hasSelector(expr.param));
    case 'binary':
      return hasSelector(expr.lhs) || hasSelector(expr.rhs);
    case 'subquery':
    case 'unary':
    case 'paren':
      return hasSelector(expr.expr);
    default:
      return unreachable(expr);
  }
}
