import { type BucketSpan, CUSTOM_BUCKETS_SCHEMA, type Histogram } from '../model/histogram.ts';

/** Reserved finer resolutions up to this one may be sent; the reader reduces them to 8. */
const MAX_SENT_SCHEMA = 52;

/** What makes a histogram unusable, by the rules of Prometheus' receiver; null when nothing does. */
export function histogramFault(h: Histogram, isInteger: boolean): string | null {
  return (
    layoutFault(h) ??
    spansFault(h.negativeSpans, h.negativeBuckets) ??
    spansFault(h.positiveSpans, h.positiveBuckets) ??
    countsFault(h) ??
    (isInteger ? integerTotalFault(h) : null)
  );
}

function layoutFault(h: Histogram): string | null {
  if (h.schema === CUSTOM_BUCKETS_SCHEMA) return customLayoutFault(h);
  if (h.schema < -4 || h.schema > MAX_SENT_SCHEMA) {
    return `histogram has an invalid schema, which must be between -4 and 8 for exponential buckets, or -53 for custom buckets, got schema ${h.schema}`;
  }
  if (h.customBounds.length > 0) return 'histogram with exponential schema must not have custom bounds';
  return null;
}

function customLayoutFault(h: Histogram): string | null {
  if (h.zeroCount !== 0) return 'custom buckets: must have zero count of 0';
  if (h.zeroThreshold !== 0) return 'custom buckets: must have zero threshold of 0';
  if (h.negativeSpans.length > 0 || h.negativeBuckets.length > 0)
    return 'custom buckets: must not have negative spans or buckets';
  let before = Number.NEGATIVE_INFINITY;
  for (const bound of h.customBounds) {
    if (!Number.isFinite(bound)) return `histogram custom bounds must be finite, got ${bound}`;
    if (bound <= before)
      return `histogram custom bounds must be in strictly increasing order: ${bound} after ${before}`;
    before = bound;
  }
  let reach = 0;
  for (const span of h.positiveSpans) reach += span.offset + span.length;
  if (reach > h.customBounds.length + 1) {
    return `histogram custom bounds are too few: ${h.customBounds.length} bounds, ${reach} buckets`;
  }
  return h.positiveSpans.some((span) => span.offset < 0) ? 'histogram has a span whose offset is negative' : null;
}

function spansFault(spans: readonly BucketSpan[], buckets: readonly number[]): string | null {
  let needed = 0;
  for (const [i, span] of spans.entries()) {
    if (i > 0 && span.offset < 0)
      return `span number ${i + 1} with offset ${span.offset}: histogram has a span whose offset is negative`;
    needed += span.length;
  }
  if (needed === buckets.length) return null;
  return `spans need ${needed} buckets, have ${buckets.length} buckets: histogram spans specify different number of buckets than provided`;
}

function countsFault(h: Histogram): string | null {
  if (h.count < 0) return `observation count is ${h.count}: histogram's observation count is negative`;
  if (h.zeroCount < 0)
    return `zero bucket has observation count of ${h.zeroCount}: histogram has a bucket whose observation count is negative`;
  for (const buckets of [h.negativeBuckets, h.positiveBuckets]) {
    const at = buckets.findIndex((count) => count < 0);
    if (at >= 0)
      return `bucket number ${at + 1} has observation count of ${buckets[at]}: histogram has a bucket whose observation count is negative`;
  }
  return null;
}

/** A NaN sum means that NaN was observed, which falls into no bucket. */
function integerTotalFault(h: Histogram): string | null {
  let found = h.zeroCount;
  for (const count of h.positiveBuckets) found += count;
  for (const count of h.negativeBuckets) found += count;
  const seen = `${found} observations found in buckets, but the Count field is ${h.count}`;
  if (!Number.isNaN(h.sum)) {
    return found === h.count
      ? null
      : `${seen}: histogram's observation count should equal the number of observations found in the buckets`;
  }
  return found <= h.count
    ? null
    : `${seen}: histogram's observation count should be at least the number of observations found in the buckets`;
}
