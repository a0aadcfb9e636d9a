import type { Histogram } from '../model/histogram.ts';
import type { Labels } from '../model/labels.ts';

/** One element of an instant vector. `histogram` is null for floats; `value` is NaN for histograms. */
export interface VectorElement {
  readonly labels: Labels;
  readonly timeMs: number;
  readonly value: number;
  readonly histogram: Histogram | null;
}

/** One series of a range result. `timesMs` ascends strictly; points that are histograms have NaN in `values` and an entry in `histograms`. */
export interface MatrixSeries {
  readonly labels: Labels;
  readonly timesMs: Float64Array;
  readonly values: Float64Array;
  /** By index into `timesMs`. */
  readonly histograms: ReadonlyMap<number, Histogram>;
}

/** What a query evaluates to. A range query always yields a matrix, sorted by labels. */
export type QueryValue =
  | { readonly kind: 'scalar'; readonly timeMs: number; readonly value: number }
  | { readonly kind: 'string'; readonly timeMs: number; readonly value: string }
  | { readonly kind: 'vector'; readonly elements: readonly VectorElement[] }
  | { readonly kind: 'matrix'; readonly series: readonly MatrixSeries[] };

/** A value with what there is to say about it. Texts are complete, as the HTTP API shows them, position included. */
export interface QueryResult {
  readonly value: QueryValue;
  readonly warnings: readonly string[];
  readonly infos: readonly string[];
  /** Samples read by selectors, once per step, as Prometheus counts them. */
  readonly samplesRead: number;
}

/** The instants of a query: `startMs`, `startMs + stepMs`, … up to and including `endMs`. An instant query has start = end and step 0. */
export interface QueryTimes {
  readonly startMs: number;
  readonly endMs: number;
  readonly stepMs: number;
}

/** Settings of the engine, the same for every query of a process unless a request overrides one. */
export interface EngineOptions {
  readonly lookbackMs: number;
  /** Step of a subquery that names none. */
  readonly defaultSubqueryStepMs: number;
  readonly maxSamples: number;
  /** Remove metric names once, at the end of the query (Prometheus' feature promql-delayed-name-removal). */
  readonly delayedNameRemoval: boolean;
  /** Tell counters by their label `__type__` instead of their name (Prometheus' feature type-and-unit-labels). */
  readonly typeAndUnitLabels?: boolean;
}

/** Why a query cannot be answered. */
export type QueryErrorReason = 'execution' | 'timeout' | 'times';

/**
 * A query that parsed but cannot be answered: HTTP 422, 503 when its time is up, 400 when it makes no sense at the times it is
 * asked for. Its text is Prometheus'.
 */
export class QueryError extends Error {
  override name = 'QueryError';
  readonly reason: QueryErrorReason;
  constructor(message: string, reason: QueryErrorReason = 'execution') {
    super(message);
    this.reason = reason;
  }
}
