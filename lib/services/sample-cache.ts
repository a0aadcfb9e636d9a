import { MINUTE_MS } from '../model/unix-time.ts';
import { createSeriesMemory, type MemoryOptions, type SeriesMemory } from '../series/memory.ts';
import type { SampleReader, SeriesNeed } from '../store/sample-reader.ts';

/**
 * Samples that a warm process keeps between evaluations, so that each load reads only what is new. Keeps what the groups evaluated here look back
 * on, and begins anew when that is more than `maxSamples`.
 */
export interface SampleCache {
  /** The samples; valid until the next call of this cache. */
  memory(): SeriesMemory;
  /** Brings what is needed into the memory. `owner` names the group: its window is kept from now on. */
  load(owner: string, needs: readonly SeriesNeed[], nowMs: number): Promise<void>;
  /** Forgets everything: what was published to the memory may not have been stored. */
  forget(): void;
}

/** What a process keeps between evaluations. */
export interface SampleCacheLimits {
  readonly maxSamples: number;
  readonly memory: MemoryOptions;
}

const TRIM_INTERVAL_MS = MINUTE_MS;
/** Evaluations may come late; their windows begin earlier than those of punctual ones. */
const TRIM_MARGIN_MS = 5 * MINUTE_MS;

export function createSampleCache(samples: SampleReader, limits: SampleCacheLimits): SampleCache {
  let memory = createSeriesMemory(limits.memory);
  let trimmedAtMs = Number.NEGATIVE_INFINITY;
  const windowsMs = new Map<string, number>();

  const trim = (nowMs: number): void => {
    if (nowMs - trimmedAtMs < TRIM_INTERVAL_MS) return;
    trimmedAtMs = nowMs;
    samples.dropBefore(memory, nowMs - Math.max(0, ...windowsMs.values()) - TRIM_MARGIN_MS);
    if (memory.sampleCount > limits.maxSamples) memory = createSeriesMemory(limits.memory);
  };

  return {
    memory: () => memory,
    async load(owner, needs, nowMs) {
      const oldestMs = needs.reduce((oldest, { fromMs }) => Math.min(oldest, fromMs), nowMs);
      windowsMs.set(owner, Math.max(windowsMs.get(owner) ?? 0, nowMs - oldestMs));
      trim(nowMs);
      await samples.load(memory, needs, nowMs);
    },
    forget() {
      memory = createSeriesMemory(limits.memory);
    },
  };
}
