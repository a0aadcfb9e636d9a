import { FLOAT, MISSING } from '../series/cells.ts';
import { type Chunk, cellKind, emptyChunk, putFloat, putHistogram } from './chunk.ts';
import type { Evaluation, Vector } from './evaluation.ts';
import { joinSeries } from './series-list.ts';

/** All of a vector in one chunk that may be kept. Its samples are counted as held until `release`. */
export function collect(evaluation: Evaluation, vector: Vector): Chunk {
  const parts: Chunk[] = [];
  vector.each((chunk) => {
    const cells = chunk.width * chunk.steps;
    evaluation.budget.hold(presentCells(chunk));
    parts.push({
      ...chunk,
      values: chunk.values.slice(0, cells),
      cells: chunk.cells.slice(0, cells),
      irregular: chunk.irregular.slice(0, chunk.steps),
    });
  });
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) return tidied(only);
  const joined = emptyChunk(joinSeries(parts.map((part) => part.series)), evaluation.steps.count);
  joined.irregular.fill(0);
  let firstSeries = 0;
  for (const part of parts) {
    copyInto(joined, tidied(part), firstSeries);
    firstSeries += part.width;
  }
  return joined;
}

/** Samples in a chunk. */
export function presentCells(chunk: Chunk): number {
  let present = chunk.width * chunk.steps + (chunk.histograms?.size ?? 0);
  for (let step = 0; step < chunk.steps; step++) present -= chunk.irregular[step] ?? 0;
  return present;
}

/** The same chunk with `cells` valid in every step. */
function tidied(chunk: Chunk): Chunk {
  const { width, irregular, cells } = chunk;
  for (let step = 0; step < chunk.steps; step++) {
    if (irregular[step] === 0) cells.fill(FLOAT, step * width, (step + 1) * width);
    else if (irregular[step] === width && chunk.histograms === null) {
      cells.fill(MISSING, step * width, (step + 1) * width);
    }
  }
  return chunk;
}

function copyInto(joined: Chunk, part: Chunk, firstSeries: number): void {
  const { width } = part;
  for (let step = 0; step < part.steps; step++) {
    const from = step * width;
    const to = step * joined.width + firstSeries;
    joined.values.set(part.values.subarray(from, from + width), to);
    joined.cells.set(part.cells.subarray(from, from + width), to);
    joined.irregular[step] = (joined.irregular[step] ?? 0) + (part.irregular[step] ?? 0);
  }
  if (part.histograms === null) return;
  joined.histograms ??= new Map();
  for (const [index, histogram] of part.histograms) {
    const step = Math.floor(index / width);
    joined.histograms.set(step * joined.width + firstSeries + (index - step * width), histogram);
  }
}

/** The given series of a chunk, in the given order. */
export function pickSeries(chunk: Chunk, chosen: readonly number[]): Chunk {
  const { series } = chunk;
  const picked = emptyChunk(
    {
      size: chosen.length,
      labels: (index) => series.labels(chosen[index] ?? 0),
      isMarked: (index) => series.isMarked(chosen[index] ?? 0),
      rows: null,
    },
    chunk.steps,
  );
  for (let step = 0; step < chunk.steps; step++) {
    chosen.forEach((source, target) => {
      copyCell(chunk, picked, step, { from: source, to: target });
    });
  }
  return picked;
}

/** Copies the sample of one series at one step, if there is one. */
export function copyCell(source: Chunk, target: Chunk, step: number, series: { from: number; to: number }): void {
  const from = step * source.width + series.from;
  const to = step * target.width + series.to;
  if (cellKind(source, step, from) === MISSING) return;
  const histogram = source.histograms?.get(from);
  if (histogram === undefined) putFloat(target, step, to, source.values[from] ?? 0);
  else putHistogram(target, step, to, histogram);
}
