import { compareText, type LabelPair, type Labels, labelsFromSortedPairs } from '../model/labels.ts';
import { type BlockReader, type BlockWriter, DamagedBlock } from './block-bytes.ts';

/** One label name of a block: its distinct values, and for each series 0 (absent) or 1 + the number of its value. */
interface LabelColumn {
  readonly name: string;
  readonly values: string[];
  readonly numberOf: Map<string, number>;
  readonly cells: Int32Array;
}

/** Label names a block may hold; a series never has more. */
const MAX_COLUMNS = 20_000;

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Writes label sets as columns:
 *
 *     varint series, varint columns, varint distinct values of each column
 *     varint length in UTF-16 units of each text: per column its name, then its values
 *     varint byte length, then all texts in one run of UTF-8
 *     per column one varint cell a series
 */
export function writeLabelColumns(writer: BlockWriter, series: readonly Labels[]): void {
  const columns = toColumns(series);
  writer.varint(series.length);
  writer.varint(columns.length);
  for (const column of columns) writer.varint(column.values.length);
  const texts: string[] = [];
  for (const column of columns) texts.push(column.name, ...column.values);
  for (const text of texts) writer.varint(text.length);
  const bytes = encoder.encode(texts.join(''));
  writer.varint(bytes.length);
  writer.raw(bytes);
  for (const column of columns) for (const cell of column.cells) writer.varint(cell);
}

// Sorted by name, so that a reader that goes through the columns in order finds the labels of each series sorted.
function toColumns(series: readonly Labels[]): LabelColumn[] {
  const byName = new Map<string, LabelColumn>();
  for (const [row, labels] of series.entries()) {
    for (const [name, value] of labels.pairs) {
      let column = byName.get(name);
      if (column === undefined) {
        column = { name, values: [], numberOf: new Map(), cells: new Int32Array(series.length) };
        byName.set(name, column);
      }
      let number = column.numberOf.get(value);
      if (number === undefined) {
        number = column.values.push(value);
        column.numberOf.set(value, number);
      }
      column.cells[row] = number;
    }
  }
  return [...byName.values()].sort((a, b) => compareText(a.name, b.name));
}

/** Reads what `writeLabelColumns` wrote. Throws DamagedBlock. */
export function readLabelColumns(reader: BlockReader): Labels[] {
  const seriesCount = reader.count('series');
  const columnCount = reader.count('label columns');
  if (columnCount > MAX_COLUMNS) throw new DamagedBlock(`${columnCount} label columns`);
  const valueCounts = Array.from({ length: columnCount }, () => reader.count('label values'));
  let textCount = columnCount;
  for (const count of valueCounts) textCount += count;
  if (textCount > reader.remainingBytes) throw new DamagedBlock(`${textCount} texts in ${reader.remainingBytes} bytes`);
  const texts = readTexts(reader, textCount);
  if (seriesCount * columnCount > reader.remainingBytes) throw new DamagedBlock('block ends within its label columns');
  const pairsOf: LabelPair[][] = Array.from({ length: seriesCount }, () => []);
  let textAt = 0;
  let nameBefore: string | null = null;
  for (const valueCount of valueCounts) {
    const name = texts[textAt] ?? '';
    if (nameBefore !== null && compareText(nameBefore, name) >= 0) throw new DamagedBlock('label columns out of order');
    nameBefore = name;
    readCells(reader, pairsOf, toPairs(name, texts.slice(textAt + 1, textAt + 1 + valueCount)));
    textAt += 1 + valueCount;
  }
  return pairsOf.map(labelsFromSortedPairs);
}

function toPairs(name: string, values: readonly string[]): LabelPair[] {
  if (values.includes('')) throw new DamagedBlock('empty label value');
  return values.map((value) => [name, value]);
}

// Series with the same label share one pair object.
function readCells(reader: BlockReader, pairsOf: readonly LabelPair[][], pairs: readonly LabelPair[]): void {
  for (const ofSeries of pairsOf) {
    const cell = reader.varint();
    if (cell === 0) continue;
    const pair = pairs[cell - 1];
    if (pair === undefined) throw new DamagedBlock(`label value ${cell} of ${pairs.length}`);
    ofSeries.push(pair);
  }
}

function readTexts(reader: BlockReader, count: number): string[] {
  const lengths = Array.from({ length: count }, () => reader.varint());
  const bytes = reader.raw(reader.varint());
  const all = decodeUtf8(bytes);
  let at = 0;
  const texts = lengths.map((length) => {
    at += length;
    return all.slice(at - length, at);
  });
  if (at !== all.length) throw new DamagedBlock(`texts of ${all.length} characters, lengths of ${at}`);
  return texts;
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch (cause) {
    throw new DamagedBlock('label text is not UTF-8', { cause });
  }
}
