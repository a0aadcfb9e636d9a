import type { LanguageFeatures } from '../promql/features.ts';
import { quoteString, rawByte } from '../promql/quote.ts';
import type { Listing, QueryService, SeriesRequest } from '../services/query.ts';
import { unescapeName } from './escaped-names.ts';
import { quoteJson, writeJson } from './go-json.ts';
import { parseGoInteger } from './go-number.ts';
import { type Answer, failure, success, TRUNCATED } from './prometheus-envelope.ts';
import {
  EARLIEST_MS,
  LATEST_MS,
  optionalTime,
  type Parameters,
  parseLimit,
  parseSelectors,
  refuse,
} from './prometheus-parameters.ts';
import { labelsJson } from './query-result.ts';

/** What these endpoints work with. */
export interface SeriesContext {
  readonly query: QueryService;
  readonly features: LanguageFeatures;
  readonly nowMs: number;
}

/** GET|POST /api/v1/series */
export async function answerSeries({ features, nowMs, query }: SeriesContext, parameters: Parameters): Promise<Answer> {
  const limit = parseLimit(parameters);
  if (parameters.all('match[]').length === 0) refuse('no match[] parameter provided');
  const request = readSeriesRequest(parameters, features, 'invalid parameter "match[]": ');
  return renderListing(await query.series(request, nowMs), limit, labelsJson);
}

/** GET|POST /api/v1/labels */
export async function answerLabels({ features, nowMs, query }: SeriesContext, parameters: Parameters): Promise<Answer> {
  const limit = parseLimit(parameters);
  const request = readSeriesRequest(parameters, features, '');
  return renderListing(await query.labelNames(request, nowMs), limit, quoteJson);
}

/** GET /api/v1/label/NAME/values */
export async function answerLabelValues(
  { features, nowMs, query }: SeriesContext,
  name: string,
  parameters: Parameters,
): Promise<Answer> {
  const label = name.startsWith('U__') ? unescapeName(name) : decodeName(name);
  const limit = parseLimit(parameters);
  const request = readSeriesRequest(parameters, features, '');
  return renderListing(await query.labelValues(label, request, nowMs), limit, quoteJson);
}

function readSeriesRequest(parameters: Parameters, features: LanguageFeatures, prefix: string): SeriesRequest {
  const fromMs = optionalTime(parameters, 'start', EARLIEST_MS);
  const toMs = optionalTime(parameters, 'end', LATEST_MS);
  return { fromMs, toMs, selectors: parseSelectors(parameters, features, prefix) };
}

function renderListing<T>(listing: Listing<T>, limit: number, render: (item: T) => string): Answer {
  if (listing.kind === 'failed') return failure(listing.reason, listing.message);
  const isCut = limit > 0 && listing.items.length > limit;
  const items = isCut ? listing.items.slice(0, limit) : listing.items;
  return success(`[${items.map(render).join(',')}]`, isCut ? [TRUNCATED] : []);
}

/** The handler leaves escapes in a path that is no UTF-8. */
function decodeName(name: string): string {
  const shown = name.replaceAll(/%([89a-f][0-9a-f])/gi, (_, hex: string) => rawByte(Number.parseInt(hex, 16)));
  return shown === name ? name : refuse(`invalid label name: ${quoteString(shown)}`);
}

/** GET /api/v1/metadata */
export async function answerMetadata({ nowMs, query }: SeriesContext, parameters: Parameters): Promise<Answer> {
  const limit = parseCount(parameters, 'limit');
  // Senders agree on one description of a metric here, which no limit but a wrong one can touch.
  parseCount(parameters, 'limit_per_metric');
  const metric = parameters.first('metric');
  const known = [...(await query.metadata(nowMs))].filter(([name]) => metric === '' || name === metric);
  const shown = limit < 0 ? known : known.slice(0, limit);
  const entries = shown.map(([name, { help, type, unit }]) => {
    return [name, [{ type, unit, help }]] as const;
  });
  return success(writeJson(new Map(entries)));
}

/** -1 for no limit. */
function parseCount(parameters: Parameters, name: string): number {
  const text = parameters.first(name);
  const count = text === '' ? -1 : parseGoInteger(text);
  return typeof count === 'number' ? count : refuse(`${name} must be a number`);
}
