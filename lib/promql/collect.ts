import { FLOAT, MISSING } from '../series/cells.ts';
import { type Chunk, cellKind, emptyChunk, presentCells, putFloat, putHistogram } from './chunk.ts';
import { type Evaluation, tooManySamples, type Vector } from './evaluation.ts';
import { joinSeries, type SeriesList } from './series-list.ts';

/** Cells that a vector may have for each sample that a query may hold: those without a sample take as much room as the others. */
const CELLS_PER_SAMPLE = 2;

/** All of a vector in one chunk that may be kept. Its samples are counted as held; the caller releases them. */
export function collect(evaluation: Evaluation, vector: Vector): Chunk {
  const parts: Chunk[] = [];
  let room = CELLS_PER_SAMPLE * evaluation.options.maxSamples;
  vector.each((chunk) => {
    const cells = chunk.width * chunk.steps;
    room -= cells;
    if (room < 0) throw tooManySamples();
    parts.push({
      ...chunk,
      values: chunk.values.slice(0, cells),
      cells: chunk.cells.slice(0, cells),
      irregular: chunk.irregular.slice(0, chunk.steps),
    });
  });
  // While they were made, their makers counted them as held.
  for (const part of parts) evaluation.budget.hold(presentCells(part));
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

/** Lets `use` have all of a vector; its samples count as held until `use` returns. */
export function withCollected(evaluation: Evaluation, vector: Vector, use: (chunk: Chunk) => void): void {
  const chunk = collect(evaluation, vector);
  const held = presentCells(chunk);
  use(chunk);
  evaluation.budget.release(held);
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
  const picked = emptyChunk(pickedSeries(chunk.series, chosen), chunk.steps);
  for (let step = 0; step < chunk.steps; step++) {
    chosen.forEach((source, target) => {
      copyCell(chunk, picked, step, { from: source, to: target });
    });
  }
  return picked;
}

/** The label sets of the given series. */
export function pickedSeries(series: SeriesList, chosen: readonly number[]): SeriesList {
  return {
    size: chosen.length,
    labels: (index) => series.labels(chosen[index] ?? 0),
    isMarked: (index) => series.isMarked(chosen[index] ?? 0),
    rows: null,
  };
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
