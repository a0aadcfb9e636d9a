import type { LabelPair } from '../model/labels.ts';

/** Pairs of which series have the same ones: each pair is one object for all. */
export interface LabelPairs {
  pair(name: string, value: string): LabelPair;
  /** Forgets all; label sets keep theirs. */
  clear(): void;
}

interface PairsOfName {
  readonly name: string;
  readonly byValue: Map<string, LabelPair>;
}

/** No pairs yet. It grows without bounds until it is cleared. */
export function createLabelPairs(): LabelPairs {
  const byName = new Map<string, PairsOfName>();
  const ofName = (name: string): PairsOfName => {
    const known = byName.get(name) ?? { name, byValue: new Map<string, LabelPair>() };
    byName.set(name, known);
    return known;
  };
  return {
    pair(name, value) {
      const known = ofName(name);
      const pair = known.byValue.get(value) ?? ([known.name, value] as const);
      known.byValue.set(value, pair);
      return pair;
    },
    clear: () => byName.clear(),
  };
}
