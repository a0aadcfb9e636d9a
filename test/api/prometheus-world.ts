import { createEmbeddedTable } from '../../lib/adapters/embedded-table.ts';
import { inflate } from '../../lib/adapters/inflate.ts';
import type { HttpReply, HttpRequest } from '../../lib/api/http.ts';
import { parseIngest, renderIngest } from '../../lib/api/ingest.ts';
import { answerPrometheus } from '../../lib/api/prometheus.ts';
import { DEFAULT_INGEST_LIMITS } from '../../lib/ingest/limits.ts';
import { ALL_FEATURES, type LanguageFeatures } from '../../lib/promql/features.ts';
import type { GroupReport } from '../../lib/rules/rule-report.ts';
import { createIngestService } from '../../lib/services/ingest.ts';
import { createQueryService } from '../../lib/services/query.ts';
import { createMetadataStore } from '../../lib/store/metric-metadata.ts';
import { createSampleStore } from '../../lib/store/samples.ts';

const DAY_MS = 86_400_000;

export interface WorldOptions {
  readonly nowMs: () => number;
  readonly features?: LanguageFeatures;
  readonly groups?: readonly GroupReport[];
  readonly maxHeldSamples?: number;
  /** Milliseconds that loading seems to take. */
  readonly loadingMs?: number;
}

/** The Prometheus API over an embedded table, and a way to write to it: everything but Lambda. */
export interface PrometheusWorld {
  /** `target` is what follows /api/v1/, with its query string. */
  get(target: string): Promise<HttpReply>;
  request(
    method: string,
    target: string,
    more?: { headers?: Record<string, string>; body?: string },
  ): Promise<HttpReply>;
  /** A remote-write request, compressed. */
  write(body: Uint8Array): Promise<HttpReply>;
}

/** An empty world. */
export function createPrometheusWorld(options: WorldOptions): PrometheusWorld {
  const { features = ALL_FEATURES, groups = [], loadingMs = 0, maxHeldSamples = 1_000_000, nowMs } = options;
  const table = createEmbeddedTable({ path: ':memory:', clock: { nowMs } });
  const limits = { ...DEFAULT_INGEST_LIMITS, maxSampleAgeMs: DAY_MS };
  const { maxSampleAgeMs, maxSampleFutureMs } = limits;
  const samples = createSampleStore({ table }, { retentionMs: 15 * DAY_MS, maxSampleAgeMs, maxSampleFutureMs });
  const metadata = createMetadataStore({ table });
  const ingest = createIngestService({ samples, metadata, inflate }, { limits, keep: 'all', isSelected: null });
  let elapsedMs = 0;
  const engine = {
    lookbackMs: 300_000,
    defaultSubqueryStepMs: 60_000,
    maxSamples: 1_000_000,
    delayedNameRemoval: false,
  };
  const query = createQueryService(
    { samples, metadata, stopwatch: () => (elapsedMs += loadingMs) },
    { engine, features, timeoutMs: 60_000, maxHeldSamples, memory: {} },
  );
  const services = {
    query,
    features,
    rules: { list: async () => groups },
    installation: {
      version: '0.1.0',
      startedAtMs: nowMs() - 60_000,
      loadedAtMs: nowMs() - 30_000,
      retentionMs: 15 * DAY_MS,
      settingsYaml: 'log: { level: info }\n',
      flags: new Map([['query.timeout', '25s']]),
      alertmanagerUrl: 'http://localhost:9095/api/v2/alerts',
      externalLabels: new Map([['region', 'eu']]),
      lookbackMs: 300_000,
    },
  };
  const requestOf = (method: string, path: string, body: Uint8Array, headers: Record<string, string>): HttpRequest => {
    const url = new URL(`http://localhost${path}`);
    const common = { method, path: decodePath(url.pathname), query: url.searchParams, body, receivedAtMs: nowMs() };
    return { ...common, headers: new Map(Object.entries(headers)) };
  };
  const request: PrometheusWorld['request'] = async (method, target, { body = '', headers = {} } = {}) => {
    const sent = requestOf(method, `/api/v1/${target}`, new TextEncoder().encode(body), headers);
    const reply = await answerPrometheus(services, sent);
    return { ...reply, body: typeof reply.body === 'string' ? reply.body : new TextDecoder().decode(reply.body) };
  };
  return {
    request,
    get: (target) => request('GET', target),
    async write(body) {
      const parsed = parseIngest(requestOf('POST', '/api/v1/write', body, {}));
      if (parsed.kind === 'reply') return parsed.reply;
      return renderIngest(await ingest.ingest(parsed.request), parsed.request.format);
    },
  };
}

/** As the Lambda handler does. */
function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
