/** Values that are kept while they are asked for. */
export interface RecentlyUsed<T> {
  get(key: string): T | undefined;
  /** `weight` is what the value takes, in a unit of the caller's choice. What was kept under the key is replaced. */
  keep(key: string, value: T, weight: number): void;
}

/**
 * An empty collection. When its values together weigh more than `maxWeight`, those that were not asked for longest are forgotten;
 * the newest stays, whatever it weighs.
 */
export function createRecentlyUsed<T>(maxWeight: number): RecentlyUsed<T> {
  // In the order of their last use.
  const kept = new Map<string, { readonly value: T; readonly weight: number }>();
  let total = 0;
  return {
    get(key) {
      const found = kept.get(key);
      if (found === undefined) return undefined;
      kept.delete(key);
      kept.set(key, found);
      return found.value;
    },
    keep(key, value, weight) {
      total += weight - (kept.get(key)?.weight ?? 0);
      kept.delete(key);
      kept.set(key, { value, weight });
      for (const [oldest, own] of kept) {
        if (total <= maxWeight || oldest === key) return;
        kept.delete(oldest);
        total -= own.weight;
      }
    },
  };
}
