import { labelsToRecord } from '../../lib/model/labels.ts';
import type { SampleBatch } from '../../lib/model/sample.ts';

/** A batch as readable rows: `{"__name__":"up"} 1000 1`, `… stale`, `… histogram count=3`. */
export function printRows(batch: SampleBatch): string[] {
  return [...batch.values].map((value, row) => {
    const labels = batch.series[batch.seriesOf[row] ?? -1];
    const histogram = batch.histograms.get(row);
    const shown =
      batch.stale[row] === 1
        ? 'stale'
        : histogram === undefined
          ? Object.is(value, -0)
            ? '-0'
            : String(value)
          : `histogram count=${histogram.count}`;
    return `${labels === undefined ? 'no series' : JSON.stringify(labelsToRecord(labels))} ${batch.timesMs[row]} ${shown}`;
  });
}
