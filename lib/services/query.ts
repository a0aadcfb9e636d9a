import { InvalidInput, type Issue } from '../model/issue.ts';
import { compareLabels, compareText, type Labels, METRIC_NAME } from '../model/labels.ts';
import type { Matcher } from '../model/matcher.ts';
import type { Expr } from '../promql/ast.ts';
import { evaluate } from '../promql/evaluate.ts';
import { timeIsUp } from '../promql/evaluation.ts';
import type { LanguageFeatures } from '../promql/features.ts';
import { selectionsOf } from '../promql/selections.ts';
import { type EngineOptions, QueryError, type QueryResult, type QueryTimes } from '../promql/value.ts';
import { describeType, valueType } from '../promql/value-type.ts';
import type { MemoryOptions, SeriesMemory } from '../series/memory.ts';
import type { MetadataStore, StoredMetadata } from '../store/metric-metadata.ts';
import type { SampleReader, SeriesNeed } from '../store/sample-reader.ts';
import { createRememberingParser } from './parsed-queries.ts';
import { createQueryMemory } from './query-memory.ts';

export interface QueryDeps {
  readonly samples: SampleReader;
  readonly metadata: MetadataStore;
  /** Milliseconds since any fixed instant, with a fraction: measures how long queries take. */
  readonly stopwatch: () => number;
}

export interface QueryLimits {
  readonly engine: EngineOptions;
  readonly features: LanguageFeatures;
  /** Longest time for reading samples and evaluating. A request may ask for less. */
  readonly timeoutMs: number;
  /** Samples that this process holds in memory at most. */
  readonly maxHeldSamples: number;
  /** What it holds beside them. */
  readonly memory: MemoryOptions;
}

/** One instant query (`stepMs` is 0) or range query. */
export interface QueryRequest {
  readonly text: string;
  readonly times: QueryTimes;
  /** Null takes the configured one. */
  readonly timeoutMs: number | null;
  readonly lookbackMs: number | null;
}

/** Where the time of a query went. */
export interface QueryTimings {
  /** Reading samples into memory. */
  readonly preparationMs: number;
  readonly evaluationMs: number;
  readonly totalMs: number;
}

/** A value, or why there is none: "execution" when the query cannot be answered, "timeout" when it took too long. */
export type QueryOutcome =
  | { readonly kind: 'answered'; readonly result: QueryResult; readonly timings: QueryTimings }
  | { readonly kind: 'failed'; readonly reason: 'execution' | 'timeout'; readonly message: string };

/** Series to list: those that any of the selectors matches (all of them without selectors) and that have a sample in the interval. */
export interface SeriesRequest {
  readonly selectors: readonly (readonly Matcher[])[];
  /** Both ends included. */
  readonly fromMs: number;
  readonly toMs: number;
}

/** What was found, or why nothing could be. */
export type Listing<T> =
  | { readonly kind: 'found'; readonly items: readonly T[] }
  | { readonly kind: 'failed'; readonly reason: 'execution'; readonly message: string };

/** Reads: expressions, series, labels, metadata. Repeating any of them changes nothing. */
export interface QueryService {
  /** Throws InvalidInput when the text does not parse, or cannot be a range query. */
  query(request: QueryRequest, nowMs: number): Promise<QueryOutcome>;
  /** Sorted, each once. */
  series(request: SeriesRequest, nowMs: number): Promise<Listing<Labels>>;
  labelNames(request: SeriesRequest, nowMs: number): Promise<Listing<string>>;
  labelValues(name: string, request: SeriesRequest, nowMs: number): Promise<Listing<string>>;
  /** By metric name. */
  metadata(nowMs: number): Promise<ReadonlyMap<string, StoredMetadata>>;
}

/** The service; it keeps samples from query to query, so one a process. */
export function createQueryService(deps: QueryDeps, limits: QueryLimits): QueryService {
  const held = createQueryMemory(deps.samples, { maxRows: limits.maxHeldSamples, memory: limits.memory });
  const parse = createRememberingParser(limits.features);

  const listed = async <T>(
    request: SeriesRequest,
    nowMs: number,
    list: (memory: SeriesMemory, matchers: readonly Matcher[]) => readonly T[],
  ): Promise<Listing<T>> => {
    const selectors = request.selectors.length === 0 ? [[]] : request.selectors;
    try {
      const memory = await held.load(
        selectors.map((matchers) => needOf(matchers, request)),
        nowMs,
      );
      return { kind: 'found', items: selectors.flatMap((matchers) => list(memory, matchers)) };
    } catch (error) {
      if (!(error instanceof QueryError)) throw error;
      return { kind: 'failed', reason: 'execution', message: error.message };
    }
  };
  const listedTexts = async (
    request: SeriesRequest,
    nowMs: number,
    list: (memory: SeriesMemory, matchers: readonly Matcher[]) => readonly string[],
  ): Promise<Listing<string>> => {
    const listing = await listed(request, nowMs, list);
    return listing.kind === 'failed' ? listing : { ...listing, items: [...new Set(listing.items)].sort(compareText) };
  };

  return {
    query: (request, nowMs) => answer({ stopwatch: deps.stopwatch, held, parse, limits }, request, nowMs),
    async series(request, nowMs) {
      const listing = await listed(request, nowMs, (memory, matchers) => memory.series(matchers, request));
      if (listing.kind === 'failed') return listing;
      const byKey = new Map(listing.items.map((labels) => [labels.key, labels]));
      return { ...listing, items: [...byKey.values()].sort(compareLabels) };
    },
    labelNames: (request, nowMs) =>
      listedTexts(request, nowMs, (memory, matchers) => memory.labelNames(matchers, request)),
    labelValues: (name, request, nowMs) =>
      listedTexts(request, nowMs, (memory, matchers) => memory.labelValues(name, matchers, request)),
    metadata: (nowMs) => deps.metadata.load(nowMs),
  };
}

interface Engine {
  readonly stopwatch: () => number;
  readonly held: ReturnType<typeof createQueryMemory>;
  readonly parse: (text: string) => Expr;
  readonly limits: QueryLimits;
}

async function answer(
  { held, limits, parse, stopwatch }: Engine,
  request: QueryRequest,
  nowMs: number,
): Promise<QueryOutcome> {
  const { text, times } = request;
  const expr = parse(text);
  const startMs = stopwatch();
  if (times.stepMs > 0) requireRangeable(expr);
  const engine = { ...limits.engine, lookbackMs: request.lookbackMs ?? limits.engine.lookbackMs };
  const timeoutMs = Math.min(request.timeoutMs ?? limits.timeoutMs, limits.timeoutMs);
  try {
    const memory = await held.load(selectionsOf(expr, times, engine), nowMs);
    const loadedMs = stopwatch();
    if (loadedMs - startMs > timeoutMs) throw timeIsUp();
    const isOver = (): boolean => stopwatch() - startMs > timeoutMs;
    const result = evaluate(expr, memory, times, { ...engine, text, isOver });
    const endMs = stopwatch();
    const timings = { preparationMs: loadedMs - startMs, evaluationMs: endMs - loadedMs, totalMs: endMs - startMs };
    return { kind: 'answered', result, timings };
  } catch (error) {
    if (!(error instanceof QueryError)) throw error;
    const { message, reason } = error;
    if (reason === 'times') throw invalid('promql-type', message, { span: expr.span, hint: null });
    return { kind: 'failed', reason, message };
  }
}

function requireRangeable(expr: Expr): void {
  const type = valueType(expr);
  if (type === 'scalar' || type === 'vector') return;
  const message = `invalid expression type "${describeType(type)}" for range query, must be Scalar or instant Vector`;
  const hint = type === 'matrix' ? 'a function such as rate() makes an instant vector of it' : null;
  throw invalid('promql-type', message, { span: expr.span, hint });
}

function invalid(code: Issue['code'], message: string, parts: Pick<Issue, 'span' | 'hint'>): InvalidInput {
  return new InvalidInput([{ code, file: null, line: null, column: null, path: '', message, ...parts }]);
}

function needOf(matchers: readonly Matcher[], { fromMs, toMs }: SeriesRequest): SeriesNeed {
  const name = matchers.find((matcher) => matcher.name === METRIC_NAME && matcher.operator === '=');
  return { metricName: name?.value ?? null, fromMs, toMs };
}
