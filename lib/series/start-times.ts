import { type Labels, labelValue, METRIC_NAME } from '../model/labels.ts';
import type { SampleBatch } from '../model/sample.ts';

/**
 * Since when the samples of cumulative series count, where their sender said so. Few series have any, so they are kept
 * beside the grids: a memory without start timestamps pays nothing for them.
 */
export interface StartTimes {
  /** False until the first start timestamp arrives. */
  readonly any: boolean;
  /** Whether any series of the metric has one. */
  knows(metricName: string): boolean;
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

/** Start by time of the sample. */
type Starts = Map<number, number>;

/** Nothing known yet. */
export function createStartTimes(): WritableStartTimes {
  /** By metric name, then by label set. */
  const byMetric = new Map<string, Map<string, Starts>>();
  const find = (labels: Labels): Starts | undefined => byMetric.get(labelValue(labels, METRIC_NAME))?.get(labels.key);
  return {
    get any() {
      return byMetric.size > 0;
    },
    knows: (metricName) => byMetric.has(metricName),
    of: (labels) => find(labels) ?? null,
    append(batch) {
      if (batch.startTimesMs === null && byMetric.size === 0) return;
      for (let row = 0; row < batch.timesMs.length; row++) {
        const labels = batch.series[batch.seriesOf[row] ?? 0];
        if (labels === undefined) continue;
        const startMs = batch.startTimesMs?.[row] ?? 0;
        if (startMs === 0) find(labels)?.delete(batch.timesMs[row] ?? 0);
        else startsOf(byMetric, labels).set(batch.timesMs[row] ?? 0, startMs);
      }
    },
    dropBefore(timeMs) {
      for (const [name, bySeries] of byMetric) {
        for (const [key, starts] of bySeries) if (dropStarts(starts, timeMs) === 0) bySeries.delete(key);
        if (bySeries.size === 0) byMetric.delete(name);
      }
    },
  };
}

/** Returns how many are left. */
function dropStarts(starts: Starts, beforeMs: number): number {
  for (const sampleMs of starts.keys()) if (sampleMs < beforeMs) starts.delete(sampleMs);
  return starts.size;
}

/** The start timestamps of a series, to be written to. */
function startsOf(byMetric: Map<string, Map<string, Starts>>, labels: Labels): Starts {
  const name = labelValue(labels, METRIC_NAME);
  const bySeries = byMetric.get(name) ?? new Map<string, Starts>();
  byMetric.set(name, bySeries);
  const starts = bySeries.get(labels.key) ?? new Map<number, number>();
  bySeries.set(labels.key, starts);
  return starts;
}
