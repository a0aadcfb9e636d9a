/** The buckets of a classic histogram at one instant: `counts[i]` observations are at most `bounds[i]`. */
export interface Buckets {
  count: number;
  /** Ascending, distinct. May be longer than `count`, and shared: not to be written to. */
  bounds: Float64Array;
  /** May be longer than `count`. */
  readonly counts: Float64Array;
}

/** Where cumulative counts fell although they must not. */
export interface Repair {
  fromBound: number;
  toBound: number;
  largestFall: number;
}

// Differences below this share of the counts come from floating point and are smoothed silently.
const SMALL_DIFFERENCE = 1e-12;
const SMALLEST_NORMAL = 2.2250738585072014e-308;

/** Makes counts ascend. Whether some were raised by more than floating point explains; then `repair` says which. */
export function repairCounts({ count, bounds, counts }: Buckets, repair: Repair): boolean {
  let kept = counts[0] ?? 0;
  let isRepaired = false;
  for (let i = 1; i < count; i++) {
    const own = counts[i] ?? 0;
    if (own === kept) continue;
    if (isAlmostEqual(kept, own)) counts[i] = kept;
    else if (own < kept) {
      counts[i] = kept;
      const bound = bounds[i] ?? 0;
      if (!isRepaired) repair.fromBound = bound;
      repair.toBound = bound;
      repair.largestFall = isRepaired ? Math.max(repair.largestFall, kept - own) : kept - own;
      isRepaired = true;
    } else kept = own;
  }
  return isRepaired;
}

function isAlmostEqual(a: number, b: number): boolean {
  if (Number.isNaN(a) && Number.isNaN(b)) return true;
  const sum = Math.abs(a) + Math.abs(b);
  const difference = Math.abs(a - b);
  if (a === 0 || b === 0 || sum < SMALLEST_NORMAL) return difference < SMALL_DIFFERENCE * SMALLEST_NORMAL;
  return difference / Math.min(sum, Number.MAX_VALUE) < SMALL_DIFFERENCE;
}

/** Whether the last bucket holds everything; without that nothing can be said. */
export function isComplete({ count, bounds }: Buckets): boolean {
  return count > 0 && bounds[count - 1] === Number.POSITIVE_INFINITY;
}

/** The q-quantile (q from 0 to 1), linear within buckets; counts must ascend. NaN when there is nothing to tell from. */
export function bucketQuantile(q: number, { count, bounds, counts }: Buckets): number {
  if (count < 2) return Number.NaN;
  const observations = counts[count - 1] ?? 0;
  if (observations === 0) return Number.NaN;
  const rank = q * observations;
  const bucket = firstReaching(rank, counts, count - 1);
  if (bucket === count - 1) return bounds[count - 2] ?? Number.NaN;
  const end = bounds[bucket] ?? 0;
  if (bucket === 0) return end <= 0 ? end : end * (rank / (counts[0] ?? 0));
  const start = bounds[bucket - 1] ?? 0;
  const below = counts[bucket - 1] ?? 0;
  return start + (end - start) * ((rank - below) / ((counts[bucket] ?? 0) - below));
}

/** The first of the first `end` counts that is at least `rank`; `end` if none is. By halving, so that NaN leads where it leads Prometheus. */
function firstReaching(rank: number, counts: Float64Array, end: number): number {
  let low = 0;
  let high = end;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((counts[middle] ?? 0) >= rank) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** The share of observations between two values, linear within buckets. */
export function bucketFraction(lower: number, upper: number, buckets: Buckets): number {
  const total = buckets.counts[buckets.count - 1] ?? 0;
  if (total === 0 || Number.isNaN(lower) || Number.isNaN(upper)) return Number.NaN;
  if (lower >= upper) return 0;
  const atLower = Math.min(rankOf(lower, buckets), total);
  const atUpper = Math.min(rankOf(upper, buckets), total);
  return (atUpper - atLower) / total;
}

/** How many observations lie below a value. The first bucket begins at 0, or at -Inf when it ends at or below 0. */
function rankOf(value: number, { count, bounds, counts }: Buckets): number {
  let rank = 0;
  for (let i = 0; i < count; i++) {
    const end = bounds[i] ?? 0;
    const start = i > 0 ? (bounds[i - 1] ?? 0) : end > 0 ? 0 : Number.NEGATIVE_INFINITY;
    const own = counts[i] ?? 0;
    if (start >= value) return rank;
    if (end > value) {
      if (start === Number.NEGATIVE_INFINITY) return own;
      return rank + ((own - rank) * (value - start)) / (end - start);
    }
    rank = own;
  }
  return counts[count - 1] ?? 0;
}
