/**
 * Holds evaluation to a real Prometheus 3.5 on generated series with restarts, outages and staleness markers: same label
 * sets, same values, same remarks, same errors.
 * Run: TOCSIN_SHARED=… TOCSIN_PEERS=… node --test test/promql/engine.integration.ts
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { InvalidInput } from '../../lib/model/issue.ts';
import { labelsToRecord } from '../../lib/model/labels.ts';
import { evaluate } from '../../lib/promql/evaluate.ts';
import { ALL_FEATURES } from '../../lib/promql/features.ts';
import { parseExpr } from '../../lib/promql/parser.ts';
import { type EngineOptions, QueryError, type QueryTimes } from '../../lib/promql/value.ts';
import { createSeriesMemory } from '../../lib/series/memory.ts';
import { batchOf, type Dataset, type Generator, importShared } from '../bench/dataset.ts';
import { type RealPrometheus, startPrometheus } from './real-prometheus.ts';

const QUERIES = [
  'up',
  'up == 0',
  'sum by (job) (rate(http_requests_total[5m]))',
  'sum without (instance, path) (increase(http_requests_total{status=~"5.."}[3m]))',
  'irate(http_requests_total{status="200", method="GET"}[2m])',
  'delta(process_resident_memory_bytes[5m])',
  'idelta(process_resident_memory_bytes[5m])',
  'deriv(process_resident_memory_bytes[5m])',
  'predict_linear(process_resident_memory_bytes[15m], 3600)',
  'resets(http_requests_total{path="/login"}[30m])',
  'changes(up[30m])',
  'sum by(job)(rate(http_requests_total{status=~"5.."}[5m])) / sum by(job)(rate(http_requests_total[5m])) > 0.05',
  'histogram_quantile(0.95, sum by (le, job) (rate(http_request_duration_seconds_bucket[5m])))',
  'histogram_quantile(0.5, rate(http_request_duration_seconds_bucket[2m]))',
  'histogram_fraction(0.01, 0.2, sum by (le) (rate(http_request_duration_seconds_bucket[5m])))',
  // Of equal values either may be among the first, so only what they sum to is compared.
  'sum(topk(5, rate(http_requests_total[5m])))',
  'bottomk by (job) (1, process_resident_memory_bytes)',
  'quantile by (job) (0.9, process_resident_memory_bytes)',
  'stddev(process_resident_memory_bytes)',
  'stdvar by (job) (process_resident_memory_bytes / 1e6)',
  'avg(process_resident_memory_bytes) by (job)',
  'count_values("up", up)',
  'group by (job) (up)',
  'max(up) - min(up)',
  'avg_over_time(process_resident_memory_bytes[10m])',
  'sum_over_time(up[10m])',
  'min_over_time(process_resident_memory_bytes[10m])',
  'max_over_time(process_resident_memory_bytes[10m])',
  'stddev_over_time(process_resident_memory_bytes[10m])',
  'stdvar_over_time(up[20m])',
  'quantile_over_time(0.3, process_resident_memory_bytes[10m])',
  'mad_over_time(process_resident_memory_bytes[10m])',
  'last_over_time(process_resident_memory_bytes[1m])',
  'count_over_time(http_requests_total{path="/health"}[5m] offset 3m)',
  'present_over_time(up[1m])',
  'absent(up{job="none", instance=~".*"})',
  'absent_over_time(process_resident_memory_bytes{job="svc-05"}[30s])',
  'max_over_time(sum(rate(http_requests_total[1m]))[10m:1m])',
  'avg_over_time((process_resident_memory_bytes > 1e9)[10m:45s])',
  'rate(http_requests_total{method="GET", status="200"}[5m:30s])',
  'double_exponential_smoothing(process_resident_memory_bytes[10m], 0.3, 0.6)',
  'process_resident_memory_bytes offset 5m - process_resident_memory_bytes',
  'process_resident_memory_bytes * on (instance, job) up',
  'http_requests_total * on (instance) group_left (job) up',
  'up * on (instance) group_right (job) http_requests_total{path="/login"}',
  'http_requests_total{status="500"} / ignoring(status) http_requests_total{status="200"}',
  'up or process_resident_memory_bytes',
  'process_resident_memory_bytes and on (instance) (up == 1)',
  'http_requests_total{path="/login"} unless on (instance) (up == 0)',
  'up > bool 0.5',
  'up + on (job) up',
  'up{job="none"} + on (job) up',
  'up + on (job) up{job="none"}',
  'http_requests_total * on (instance) up',
  'up * on (job) group_left process_resident_memory_bytes',
  'rate({__name__=~"http_requests_total|up"}[5m])',
  'rate(up[5m])',
  'label_replace(up, "short", "$1", "instance", "10\\\\.0\\\\.(.*):.*")',
  'label_replace(up, "instance", "same", "", "")',
  'label_join(up, "both", "/", "job", "instance")',
  'timestamp(up)',
  'timestamp(up offset 1m)',
  'timestamp(-up)',
  'scalar(sum(up)) * vector(2)',
  'clamp(process_resident_memory_bytes, 5e8, 1e9)',
  'round(process_resident_memory_bytes / 1e6, 5)',
  'ln(process_resident_memory_bytes) + exp(up) + sqrt(up) ^ 2',
  'hour() * 60 + minute()',
  'day_of_week(timestamp(up)) + days_in_month(timestamp(up))',
  '-(up - 0.5) % 0.3 atan2 2',
  'quantile(1.2, up)',
  '1 + 2 * time()',
  'up @ end() + up @ start()',
];

const OPTIONS: EngineOptions = {
  lookbackMs: 300_000,
  defaultSubqueryStepMs: 60_000,
  maxSamples: 50_000_000,
  delayedNameRemoval: false,
};

const memory = createSeriesMemory();
let dataset: Dataset;
let prometheus: RealPrometheus;

before(async () => {
  const { makeDataset, isStale, remoteWriteRequests } = await importShared<Generator>('gen.mjs');
  dataset = makeDataset({ series: 2_000, minutes: 30 });
  memory.append(batchOf(dataset, isStale));
  prometheus = await startPrometheus([
    '--web.enable-remote-write-receiver',
    '--enable-feature=promql-experimental-functions',
  ]);
  for (const { body } of remoteWriteRequests(dataset, { bulk: 20 })) {
    const response = await fetch(`${prometheus.url}/api/v1/write`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-protobuf', 'content-encoding': 'snappy' },
      body: Buffer.from(body),
    });
    assert.equal(response.status, 204, await response.text());
  }
});

after(() => prometheus.stop());

/** Values by label set and time, or the error's text; remarks beside. */
interface Answer {
  readonly points: ReadonlyMap<string, number>;
  readonly remarks: readonly string[];
  readonly error: string | null;
}

function ours(text: string, times: QueryTimes): Answer {
  const points = new Map<string, number>();
  try {
    const result = evaluate(parseExpr(text, ALL_FEATURES), memory, times, { ...OPTIONS, text });
    const put = (labels: object, timeMs: number, value: number): void => {
      points.set(`${JSON.stringify(labels)} ${timeMs}`, value);
    };
    const { value } = result;
    if (value.kind === 'scalar') put({}, value.timeMs, value.value);
    if (value.kind === 'vector')
      for (const element of value.elements) put(labelsToRecord(element.labels), element.timeMs, element.value);
    for (const { labels, timesMs, values } of value.kind === 'matrix' ? value.series : []) {
      for (const [i, timeMs] of timesMs.entries()) put(labelsToRecord(labels), timeMs, values[i] ?? 0);
    }
    return { points, remarks: [...result.warnings, ...result.infos], error: null };
  } catch (error) {
    if (error instanceof QueryError) return { points, remarks: [], error: error.message };
    if (error instanceof InvalidInput) return { points, remarks: [], error: error.issues[0]?.message ?? '' };
    throw error;
  }
}

/** The wire format of a query's result, as far as it is read here. */
interface WireResult {
  readonly resultType: 'scalar' | 'vector' | 'matrix';
  readonly result: unknown;
}
type WirePoint = readonly [seconds: number, value: string];
interface WireSeries {
  readonly metric: Readonly<Record<string, string>>;
  readonly value?: WirePoint;
  readonly values?: readonly WirePoint[];
}

async function theirs(text: string, { startMs, endMs, stepMs }: QueryTimes): Promise<Answer> {
  const answer =
    stepMs === 0
      ? await prometheus.query('query', { query: text, time: String(startMs / 1000) })
      : await prometheus.query('query_range', {
          query: text,
          start: String(startMs / 1000),
          end: String(endMs / 1000),
          step: String(stepMs / 1000),
        });
  const points = new Map<string, number>();
  if (answer.status !== 'success') return { points, remarks: [], error: answer.error ?? '' };
  const put = (labels: object, [seconds, value]: WirePoint): void => {
    points.set(`${JSON.stringify(labels)} ${Math.round(seconds * 1000)}`, Number(value.replace('Inf', 'Infinity')));
  };
  // The real program is the authority on its own wire format.
  const { resultType, result } = answer.data as WireResult;
  if (resultType === 'scalar') put({}, result as WirePoint);
  for (const { metric, value, values } of resultType === 'scalar' ? [] : (result as readonly WireSeries[])) {
    for (const point of values ?? (value === undefined ? [] : [value])) put(metric, point);
  }
  return { points, remarks: [...(answer.warnings ?? []), ...(answer.infos ?? [])], error: null };
}

function assertSame(own: Answer, real: Answer): void {
  // Of duplicate series 3.5 names two in no particular order; later versions sort them.
  const sorted = (text: string | null): string | null => text?.replace(/\[\{.*\}\]/, '[two series]') ?? null;
  assert.equal(sorted(own.error), sorted(real.error));
  if (own.error !== null) return;
  assert.deepEqual([...own.points.keys()].toSorted(), [...real.points.keys()].toSorted());
  for (const [key, wanted] of real.points) {
    const value = own.points.get(key) ?? Number.NaN;
    const isClose = Object.is(value, wanted) || Math.abs(value - wanted) <= 1e-12 * Math.abs(wanted);
    assert.ok(isClose, `${key}: ${value} instead of ${wanted}`);
  }
  assert.deepEqual(own.remarks.toSorted(), real.remarks.toSorted());
}

for (const query of QUERIES) {
  test(query, async () => {
    const { t0, tEnd } = dataset;
    const instants = [t0 + 61_000, t0 + 905_500, tEnd - 20_000, tEnd + 180_000];
    for (const timeMs of instants) {
      const times = { startMs: timeMs, endMs: timeMs, stepMs: 0 };
      assertSame(ours(query, times), await theirs(query, times));
    }
    const range = { startMs: t0 - 60_000, endMs: tEnd + 400_000, stepMs: 37_000 };
    assertSame(ours(query, range), await theirs(query, range));
  });
}
