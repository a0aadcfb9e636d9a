/** What one request may hold. Every limit has its own error, so that a sender can see which one it met. */
export interface IngestLimits {
  /** Of the body as it came. More: 413. */
  readonly maxBodyBytes: number;
  /** Of the body once inflated; checked before memory is set aside for it. More: 413. */
  readonly maxInflatedBytes: number;
  /** Distinct series in one request, and each series, line or sample that is rejected. More: 413. */
  readonly maxSeries: number;
  /** Rows in one request; a native histogram counts one, and one for each of its buckets. More: 413. */
  readonly maxSamples: number;
  /** Buckets of one native histogram, both signs together. More: that histogram is rejected. */
  readonly maxHistogramBuckets: number;
  /** Labels of one series, its metric name included. More: that series is rejected, as for the three limits below. */
  readonly maxLabelsPerSeries: number;
  /** Of UTF-8, as for the two below. */
  readonly maxLabelNameBytes: number;
  readonly maxLabelValueBytes: number;
  /** All names and values of one series together: a series must fit into a record of the table many times. */
  readonly maxLabelSetBytes: number;
  /** A sample older than this when it is received is rejected. */
  readonly maxSampleAgeMs: number;
  /** A sample further ahead than this when it is received is rejected. */
  readonly maxSampleFutureMs: number;
}

/** Bounds that a well-configured sender never meets: Prometheus sends 2,000 samples, about 300 KB inflated. */
export const DEFAULT_INGEST_LIMITS: IngestLimits = {
  maxBodyBytes: 6_000_000,
  maxInflatedBytes: 32_000_000,
  maxSeries: 20_000,
  maxSamples: 200_000,
  maxHistogramBuckets: 4_000,
  maxLabelsPerSeries: 64,
  maxLabelNameBytes: 256,
  maxLabelValueBytes: 4_096,
  maxLabelSetBytes: 16_384,
  maxSampleAgeMs: 3_600_000,
  maxSampleFutureMs: 600_000,
};
