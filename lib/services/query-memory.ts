import { QueryError } from '../promql/value.ts';
import { createSeriesMemory, type MemoryOptions, type SeriesMemory } from '../series/memory.ts';
import type { SampleMemory, SampleReader, SeriesNeed } from '../store/sample-reader.ts';

/** Samples that a warm process keeps between queries, so that each load reads only what is new to it. */
export interface QueryMemory {
  /**
   * A memory that holds what is needed, and more. Read it before anything else is awaited.
   * Throws QueryError when the needs alone are more than `maxRows` samples.
   */
  load(needs: readonly SeriesNeed[], nowMs: number): Promise<SeriesMemory>;
}

/** What a process holds for its queries. */
interface QueryMemoryLimits {
  /** Samples at most. */
  readonly maxRows: number;
  readonly memory: MemoryOptions;
}

class TooManyRows extends Error {
  override name = 'TooManyRows';
}

interface Held {
  readonly memory: SeriesMemory;
  /** What the reader writes to: the memory, behind a gate that counts. */
  readonly target: SampleMemory;
  rows(): number;
}

/** Keeps at most `limits.maxRows` rows and begins anew when a load would need more beside what earlier ones left. */
export function createQueryMemory(samples: SampleReader, limits: QueryMemoryLimits): QueryMemory {
  let held = createHeld(limits);
  const loadInto = async (into: Held, needs: readonly SeriesNeed[], nowMs: number): Promise<SeriesMemory> => {
    await samples.load(into.target, needs, nowMs);
    return into.memory;
  };
  return {
    async load(needs, nowMs) {
      const mine = held;
      const isEmpty = mine.rows() === 0;
      try {
        return await loadInto(mine, needs, nowMs);
      } catch (error) {
        // After any failure the memory may lack rows that its reader believes it has.
        if (held === mine) held = createHeld(limits);
        if (!(error instanceof TooManyRows)) throw error;
        if (isEmpty) throw tooManySamples();
      }
      const fresh = createHeld(limits);
      held = fresh;
      try {
        return await loadInto(fresh, needs, nowMs);
      } catch (error) {
        if (held === fresh) held = createHeld(limits);
        throw error instanceof TooManyRows ? tooManySamples() : error;
      }
    },
  };
}

function createHeld({ maxRows, memory: options }: QueryMemoryLimits): Held {
  const memory = createSeriesMemory(options);
  let rows = 0;
  const target: SampleMemory = {
    append(batch) {
      rows += batch.values.length;
      if (rows > maxRows) throw new TooManyRows(`more than ${maxRows} rows`);
      memory.append(batch);
    },
    dropBefore: (timeMs) => memory.dropBefore(timeMs),
  };
  return { memory, target, rows: () => rows };
}

function tooManySamples(): QueryError {
  return new QueryError('query processing would load too many samples into memory in query execution');
}
