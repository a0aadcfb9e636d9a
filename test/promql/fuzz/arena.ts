import type { SeriesMemory } from '../../../lib/series/memory.ts';
import type { Answer } from './answer.ts';
import type { FuzzCase } from './case.ts';
import type { Dataset } from './dataset.ts';
import { ownAnswer, type Peers } from './engines.ts';
import { memoryOf, seriesOf } from './stored.ts';

/** One dataset on both sides. */
export interface Arena {
  readonly dataset: Dataset;
  own(fuzzCase: FuzzCase): Answer;
  real(fuzzCase: FuzzCase): Promise<Answer>;
  /** Our answers over the same data with its series in other orders. */
  reordered(fuzzCase: FuzzCase): readonly Answer[];
}

/** The arena of peers that have been given the data. */
export function createArena(dataset: Dataset, peers: Peers): Arena {
  const series = seriesOf(dataset);
  const memory = memoryOf(series);
  let reordered: readonly SeriesMemory[] | null = null;
  return {
    dataset,
    own: (fuzzCase) => ownAnswer(fuzzCase, memory),
    real: (fuzzCase) => peers.ask(fuzzCase),
    reordered(fuzzCase) {
      const byTurns = [...series.filter((_, i) => i % 2 === 1), ...series.filter((_, i) => i % 2 === 0)];
      reordered ??= [series.toReversed(), byTurns, byTurns.toReversed()].map(memoryOf);
      return reordered.map((other) => ownAnswer(fuzzCase, other));
    },
  };
}
