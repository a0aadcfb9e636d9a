import type { Column, ColumnResults } from './columns.ts';
import { createEdges, type Extrapolation, factorOf, setEdges } from './extrapolation.ts';

// Scratch space: where the counter of a column fell, ascending; each is lower than the sample before.
let falls = new Int32Array(0);

/** rate, increase and delta of one series: a window costs what the falls in it cost, however many samples it has. */
export function extrapolateColumn(column: Column, results: ColumnResults, kind: Extrapolation): void {
  const { values, timesMs, from, to, endsMs, rangeMs } = column;
  const count = kind.isCounter ? findFalls(column) : 0;
  const edges = createEdges();
  const window = { startMs: 0, endMs: 0, firstMs: 0, lastMs: 0, count: 0 };
  let fall = 0;
  for (let step = 0; step < endsMs.length; step++) {
    const first = from[step] ?? 0;
    const last = (to[step] ?? 0) - 1;
    if (last <= first) continue;
    const firstValue = values[first] ?? 0;
    let difference = (values[last] ?? 0) - firstValue;
    while (fall < count && (falls[fall] ?? 0) <= first) fall++;
    for (let i = fall; i < count && (falls[i] ?? 0) <= last; i++) difference += values[(falls[i] ?? 0) - 1] ?? 0;
    const endMs = endsMs[step] ?? 0;
    window.startMs = endMs - rangeMs;
    window.endMs = endMs;
    window.firstMs = timesMs[first] ?? 0;
    window.lastMs = timesMs[last] ?? 0;
    window.count = last - first + 1;
    setEdges(edges, window);
    results.values[results.first + step * results.stride] = difference * factorOf(difference, firstValue, edges, kind);
  }
}

function findFalls({ values, from, to, endsMs }: Column): number {
  const end = to[endsMs.length - 1] ?? 0;
  if (end > falls.length) falls = new Int32Array(end + (end >> 1));
  let count = 0;
  for (let i = (from[0] ?? 0) + 1; i < end; i++) if ((values[i] ?? 0) < (values[i - 1] ?? 0)) falls[count++] = i;
  return count;
}
