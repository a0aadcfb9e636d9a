import type { SampleBatch } from '../model/sample.ts';
import { type BlockReader, type BlockWriter, DamagedBlock, isPackedInteger } from './block-bytes.ts';

/** Codes of the start column below FIRST_DIFFERENCE: a counter goes on, a sender of deltas begins where the last one ended. */
const CODE_UNKNOWN = 0;
const CODE_SAME = 1;
const CODE_TIME_BEFORE = 2;
const FIRST_DIFFERENCE = 3;

/** Whether any of the rows says since when it counts. Blocks of other rows have no start column. */
export function hasStarts({ startTimesMs }: SampleBatch, rows: Iterable<number>): boolean {
  if (startTimesMs === null) return false;
  for (const row of rows) if ((startTimesMs[row] ?? 0) !== 0) return true;
  return false;
}

/**
 * Writes a varint a row: 0 unknown, 1 the known start nearest before it in the column, 2 the time of the row before, else
 * 3 + zigzag of the difference to the nearest known start before (the first: to 0).
 */
export function writeStarts(writer: BlockWriter, { startTimesMs, timesMs }: SampleBatch, ordered: Int32Array): void {
  let startBeforeMs = 0;
  let timeBeforeMs = 0;
  for (const row of ordered) {
    const startMs = startTimesMs?.[row] ?? 0;
    if (!isPackedInteger(startMs)) throw new Error(`a block cannot hold the start ${startMs}`);
    if (startMs === 0) writer.varint(CODE_UNKNOWN);
    else if (startMs === startBeforeMs) writer.varint(CODE_SAME);
    else if (startMs === timeBeforeMs) writer.varint(CODE_TIME_BEFORE);
    else {
      const difference = startMs - startBeforeMs;
      writer.varint((difference >= 0 ? difference * 2 : difference * -2 - 1) + FIRST_DIFFERENCE);
    }
    if (startMs !== 0) startBeforeMs = startMs;
    timeBeforeMs = timesMs[row] ?? 0;
  }
}

/** Reads what `writeStarts` wrote, for rows at these times. Throws DamagedBlock. */
export function readStarts(reader: BlockReader, timesMs: Float64Array): Float64Array {
  const startTimesMs = new Float64Array(timesMs.length);
  let startBeforeMs = 0;
  for (let row = 0; row < timesMs.length; row++) {
    const code = reader.varint();
    if (code === CODE_UNKNOWN) continue;
    if (code === CODE_TIME_BEFORE) startBeforeMs = timesMs[row - 1] ?? 0;
    else if (code !== CODE_SAME) {
      const zigzag = code - FIRST_DIFFERENCE;
      startBeforeMs += zigzag % 2 === 0 ? zigzag / 2 : -(zigzag + 1) / 2;
    }
    if (!isPackedInteger(startBeforeMs)) throw new DamagedBlock(`start ${startBeforeMs} of row ${row}`);
    startTimesMs[row] = startBeforeMs;
  }
  return startTimesMs;
}
