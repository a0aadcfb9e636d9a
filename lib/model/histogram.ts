/** Where a counter histogram stands relative to the one before it. */
export type ResetHint = 'unknown' | 'reset' | 'not-reset' | 'gauge';

/** Runs of neighbouring buckets. `offset` counts from the end of the run before (the first: from bucket 0). */
export interface BucketSpan {
  readonly offset: number;
  readonly length: number;
}

/** Schema of a histogram whose bucket bounds are listed in `customBounds`. */
export const CUSTOM_BUCKETS_SCHEMA = -53;

/**
 * A native histogram with float counts. Bucket i of schema s (-4..8) covers (2^((i-1)*2^-s), 2^(i*2^-s)].
 * Buckets hold absolute counts in span order. See docs/native-histograms.md.
 */
export interface Histogram {
  readonly schema: number;
  readonly zeroThreshold: number;
  readonly zeroCount: number;
  readonly count: number;
  readonly sum: number;
  readonly positiveSpans: readonly BucketSpan[];
  readonly positiveBuckets: readonly number[];
  readonly negativeSpans: readonly BucketSpan[];
  readonly negativeBuckets: readonly number[];
  /** Ascending upper bounds without +Inf; empty unless `schema` is CUSTOM_BUCKETS_SCHEMA. */
  readonly customBounds: readonly number[];
  readonly resetHint: ResetHint;
}
