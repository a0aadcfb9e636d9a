import type { Labels } from '../model/labels.ts';
import type { SampleBatch } from '../model/sample.ts';

/**
 * Since when the samples of cumulative series count, where their sender said so. Few series have any, so they are kept
 * beside the grids: a memory without start timestamps pays nothing for them.
 */
export interface StartTimes {
  /** False until the first start timestamp arrives. */
  readonly any: boolean;
  /** Start by time of the sample, both epoch milliseconds; null when nothing is known about the series. */
  of(labels: Labels): ReadonlyMap<number, number> | null;
}

/** Start timestamps that are written to. */
export interface WritableStartTimes extends StartTimes {
  /** A sample that takes the place of another takes the place of its start timestamp too, whether it has one or not. */
  append(batch: SampleBatch): void;
  /** Forgets what belongs to samples before `timeMs`. */
  dropBefore(timeMs: number): void;
}

/** Nothing known yet. */
export function createStartTimes(): WritableStartTimes {
  const bySeries = new Map<string, Map<number, number>>();
  const note = (batch: SampleBatch, row: number): void => {
    const key = batch.series[batch.seriesOf[row] ?? 0]?.key ?? '';
    const startMs = batch.startTimesMs?.[row] ?? 0;
    const timeMs = batch.timesMs[row] ?? 0;
    const known = bySeries.get(key);
    if (startMs === 0) known?.delete(timeMs);
    else if (known === undefined) bySeries.set(key, new Map([[timeMs, startMs]]));
    else known.set(timeMs, startMs);
  };
  return {
    get any() {
      return bySeries.size > 0;
    },
    of: (labels) => bySeries.get(labels.key) ?? null,
    append(batch) {
      if (batch.startTimesMs === null && bySeries.size === 0) return;
      for (let row = 0; row < batch.timesMs.length; row++) note(batch, row);
    },
    dropBefore(timeMs) {
      for (const [key, starts] of bySeries) {
        for (const sampleMs of starts.keys()) if (sampleMs < timeMs) starts.delete(sampleMs);
        if (starts.size === 0) bySeries.delete(key);
      }
    },
  };
}
