/** What histograms are brought together for. */
export type HistogramOperation = 'addition' | 'subtraction' | 'aggregation';

/** The warning that a histogram known to follow a counter reset met one known not to. */
export function resetsCollided(during: HistogramOperation): string {
  return `conflicting counter resets during histogram ${during}`;
}

/** The remark that only the custom bounds that all histograms share are left. */
export function boundsReconciled(during: HistogramOperation): string {
  return `mismatched custom buckets were reconciled during ${during}`;
}

/** The warning that histograms with exponential and with custom buckets met in a function or aggregation. */
export function mixedSchemas(metricName: string): string {
  return `vector contains a mix of histograms with exponential and custom buckets schemas for metric name "${metricName}"`;
}

/** The warning that floats and histograms met in one window. */
export function mixedSamples(metricName: string): string {
  return `encountered a mix of histograms and floats for metric name "${metricName}"`;
}
