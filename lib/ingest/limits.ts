/** What one request may hold. Every limit has its own error, so that a sender can see which one it met. */
export interface IngestLimits {
  /** Of the body as it came. More: 413. */
  readonly maxBodyBytes: number;
  /** Of the body once inflated; checked before memory is set aside for it. More: 413. */
  readonly maxDecompressedBytes: number;
  /** Series in one request, counted before any is merged. More: 413. */
  readonly maxSeries: number;
  /** Rows in one request; a native histogram counts one, and one for each of its buckets. More: 413. */
  readonly maxSamples: number;
  /** Buckets of one native histogram, both signs together. More: that histogram is rejected. */
  readonly maxHistogramBuckets: number;
  /** Labels of one series, its metric name included. More: that series is rejected, as for the three limits below. */
  readonly maxLabelsPerSeries: number;
  /** In UTF-16 units. */
  readonly maxLabelNameChars: number;
  /** In UTF-16 units. */
  readonly maxLabelValueChars: number;
  /** All names and values of one series together, in UTF-16 units. */
  readonly maxLabelSetChars: number;
  /** A sample older than this when it is received is rejected. Remote write resends up to two hours after an outage. */
  readonly maxSampleAgeMs: number;
  /** A sample further ahead than this when it is received is rejected. */
  readonly maxSampleFutureMs: number;
}

/** Bounds that a well-configured sender never meets: Prometheus sends 2,000 samples, about 300 KB inflated. */
export const DEFAULT_INGEST_LIMITS: IngestLimits = {
  maxBodyBytes: 6_000_000,
  maxDecompressedBytes: 16_000_000,
  maxSeries: 50_000,
  maxSamples: 200_000,
  maxHistogramBuckets: 4_000,
  maxLabelsPerSeries: 100,
  maxLabelNameChars: 1_024,
  maxLabelValueChars: 4_096,
  maxLabelSetChars: 16_384,
  maxSampleAgeMs: 7_200_000,
  maxSampleFutureMs: 600_000,
};
