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
  /** Null when nothing is known about the series. Valid until the next sample arrives. */
  of(labels: Labels): SeriesStarts | null;
}

/** The start timestamps of one series. */
export interface SeriesStarts {
  /** Since when the sample at `timeMs` has been counting, both epoch milliseconds; 0 when it does not say. */
  at(timeMs: number): number;
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
  /** By metric name, then by label set. */
  const byMetric = new Map<string, Map<string, StartSteps>>();
  const find = (labels: Labels): StartSteps | null =>
    byMetric.get(labelValue(labels, METRIC_NAME))?.get(labels.key) ?? null;
  return {
    get any() {
      return byMetric.size > 0;
    },
    knows: (metricName) => byMetric.has(metricName),
    of: find,
    append(batch) {
      if (batch.startTimesMs === null && byMetric.size === 0) return;
      const known = batch.series.map(find);
      for (let row = 0; row < batch.timesMs.length; row++) {
        const series = batch.seriesOf[row] ?? 0;
        const labels = batch.series[series];
        const startMs = batch.startTimesMs?.[row] ?? 0;
        if (labels === undefined || (startMs === 0 && known[series] === null)) continue;
        const steps = known[series] ?? stepsOf(byMetric, labels);
        known[series] = steps;
        steps.set(batch.timesMs[row] ?? 0, startMs);
      }
    },
    dropBefore(timeMs) {
      for (const [name, bySeries] of byMetric) {
        for (const [key, steps] of bySeries) if (!steps.dropBefore(timeMs)) bySeries.delete(key);
        if (bySeries.size === 0) byMetric.delete(name);
      }
    },
  };
}

/** The start timestamps of a series, to be written to. */
function stepsOf(byMetric: Map<string, Map<string, StartSteps>>, labels: Labels): StartSteps {
  const name = labelValue(labels, METRIC_NAME);
  const bySeries = byMetric.get(name) ?? new Map<string, StartSteps>();
  byMetric.set(name, bySeries);
  const steps = bySeries.get(labels.key) ?? new StartSteps();
  bySeries.set(labels.key, steps);
  return steps;
}

/**
 * Starts as a function of time that changes where a sample says something else than the one before it: a counter that runs for a
 * week takes one entry. Between samples it has any value.
 */
class StartSteps implements SeriesStarts {
  /** Ascending: from `#fromMs[i]` on, samples count since `#startsMs[i]`; before the first step nothing is known. */
  #fromMs: number[] = [];
  #startsMs: number[] = [];
  #lastSampleMs = Number.NEGATIVE_INFINITY;

  at(timeMs: number): number {
    return timeMs > this.#lastSampleMs ? 0 : this.#valueAt(timeMs);
  }

  /** What a sample says; 0 says nothing. */
  set(timeMs: number, startMs: number): void {
    const isLate = timeMs < this.#lastSampleMs;
    if (!isLate) this.#lastSampleMs = timeMs;
    if (this.#valueAt(timeMs) === startMs) return;
    // Times are whole milliseconds: what held after a late sample still holds from the next one on.
    if (isLate) this.#step(timeMs + 1, this.#valueAt(timeMs + 1));
    this.#step(timeMs, startMs);
  }

  /** Whether anything is left. */
  dropBefore(timeMs: number): boolean {
    if (this.#lastSampleMs < timeMs) return false;
    const dropped = Math.max(0, this.#stepsThrough(timeMs) - 1);
    if (dropped > 0) {
      this.#fromMs = this.#fromMs.slice(dropped);
      this.#startsMs = this.#startsMs.slice(dropped);
    }
    return this.#startsMs.some((startMs) => startMs !== 0);
  }

  #valueAt(timeMs: number): number {
    return this.#startsMs[this.#stepsThrough(timeMs) - 1] ?? 0;
  }

  #step(fromMs: number, startMs: number): void {
    const at = this.#stepsThrough(fromMs);
    if (this.#fromMs[at - 1] === fromMs) this.#startsMs[at - 1] = startMs;
    else {
      this.#fromMs.splice(at, 0, fromMs);
      this.#startsMs.splice(at, 0, startMs);
    }
  }

  /** How many steps begin at `timeMs` or before. */
  #stepsThrough(timeMs: number): number {
    if (timeMs >= (this.#fromMs.at(-1) ?? Number.POSITIVE_INFINITY)) return this.#fromMs.length;
    let low = 0;
    let high = this.#fromMs.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#fromMs[middle] ?? 0) <= timeMs) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
