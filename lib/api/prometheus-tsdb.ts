import type { Labels } from '../model/labels.ts';
import { METRIC_NAME } from '../model/labels.ts';
import { HOUR_MS } from '../model/unix-time.ts';
import { byteLength } from '../promql/quote.ts';
import type { QueryService } from '../services/query.ts';
import { writeJson } from './go-json.ts';
import { parseGoInteger } from './go-number.ts';
import { type Answer, failure, success } from './prometheus-envelope.ts';
import { type Parameters, refuse } from './prometheus-parameters.ts';

/** About as long as Prometheus keeps in its head, of which these statistics are there. */
const RECENT_MS = 2 * HOUR_MS;
const DEFAULT_ENTRIES = 10;

/** GET /api/v1/status/tsdb: which names and labels make most of the series that had samples lately. */
export async function answerSeriesStatistics(
  query: QueryService,
  parameters: Parameters,
  nowMs: number,
): Promise<Answer> {
  const limit = parseEntries(parameters.first('limit'));
  const fromMs = nowMs - RECENT_MS;
  const listing = await query.series({ selectors: [], fromMs, toMs: nowMs }, nowMs);
  if (listing.kind === 'failed') return failure(listing.reason, listing.message);
  const counts = countSeries(listing.items);
  const statistics = {
    headStats: {
      numSeries: listing.items.length,
      numLabelPairs: counts.byPair.size,
      // Samples lie in blocks of many series here.
      chunkCount: 0,
      minTime: fromMs,
      maxTime: nowMs,
    },
    seriesCountByMetricName: largest(counts.byMetric, limit),
    labelValueCountByLabelName: largest(counts.valuesByLabel, limit),
    memoryInBytesByLabelName: largest(counts.bytesByLabel, limit),
    seriesCountByLabelValuePair: largest(counts.byPair, limit),
  };
  return success(writeJson(statistics));
}

function parseEntries(text: string): number {
  const limit = text === '' ? DEFAULT_ENTRIES : parseGoInteger(text);
  return typeof limit === 'number' && limit > 0 ? limit : refuse('limit must be a positive number');
}

type Counts = Map<string, number>;

function countSeries(series: readonly Labels[]) {
  const byMetric: Counts = new Map();
  const valuesByLabel: Counts = new Map();
  /** Bytes of the values, each as often as a series has it. */
  const bytesByLabel: Counts = new Map();
  const byPair: Counts = new Map();
  for (const { pairs } of series) {
    for (const [name, value] of pairs) {
      const pair = `${name}=${value}`;
      if (!byPair.has(pair)) add(valuesByLabel, name, 1);
      add(byPair, pair, 1);
      add(bytesByLabel, name, byteLength(value));
      if (name === METRIC_NAME) add(byMetric, value, 1);
    }
  }
  return { byMetric, valuesByLabel, bytesByLabel, byPair };
}

function add(counts: Counts, key: string, count: number): void {
  counts.set(key, (counts.get(key) ?? 0) + count);
}

/** By falling count; those of equal count by name. */
function largest(counts: Counts, limit: number): readonly { readonly name: string; readonly value: number }[] {
  return [...counts]
    .sort(([a, countA], [b, countB]) => countB - countA || (a < b ? -1 : 1))
    .slice(0, limit)
    .map(([name, value]) => ({ name, value }));
}
