/** Chance that repeats itself: the same seed makes the same choices. */
export interface Chance {
  /** In [0, 1). */
  next(): number;
  /** True this often. */
  flip(probability: number): boolean;
  /** A whole number in [low, high]. */
  between(low: number, high: number): number;
  pick<T>(from: readonly T[]): T;
  /** `count` different ones, in their order; fewer when there are not that many. */
  some<T>(from: readonly T[], count: number): readonly T[];
}

/** Mulberry32. */
export function createChance(seed: number): Chance {
  let state = seed | 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
  const between = (low: number, high: number): number => low + Math.floor(next() * (high - low + 1));
  const pick = <T>(from: readonly T[]): T => {
    const found = from[between(0, from.length - 1)];
    if (found === undefined) throw new Error('nothing to pick from');
    return found;
  };
  return {
    next,
    between,
    pick,
    flip: (probability) => next() < probability,
    some: (from, count) => {
      const left = [...from];
      while (left.length > count) left.splice(between(0, left.length - 1), 1);
      return left;
    },
  };
}
