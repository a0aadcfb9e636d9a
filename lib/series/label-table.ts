import {
  compareText,
  type LabelPair,
  type Labels,
  labelsFromSortedPairs,
  METADATA_LABELS,
  METRIC_NAME,
} from '../model/labels.ts';
import { createLabelColumn, type LabelColumn, type LabelColumnBuilder } from './dictionary.ts';

/**
 * The label sets of all series of one metric, each a row of dictionary columns: some 60 bytes a series, where label sets with
 * their keys take a kilobyte. Label sets are made again when somebody asks. Rows are found by a hash over the ids of their values.
 */
export interface LabelTable {
  readonly rowCount: number;
  /** The columns of all labels that some row has, `__name__` excepted. */
  readonly columns: ReadonlyMap<string, LabelColumn>;
  /** Throws an Error when there is no such row. */
  labels(row: number): Labels;
  /** The same without METADATA_LABELS. */
  namelessLabels(row: number): Labels;
  /** The row of a label set; -1 when it has none. */
  rowOf(labels: Labels): number;
  /** Adds a label set that has no row yet. Returns its row. */
  add(labels: Labels): number;
}

/** Label sets that were made and are kept for the next who asks, with names and without, each some 400 bytes with its key. */
const MAX_MADE = 16_384;

interface Columns {
  readonly byName: Map<string, LabelColumnBuilder>;
  /** By name, as the pairs of a label set stand, and with a null in the place of the metric's name. */
  sorted: readonly (LabelColumnBuilder | null)[];
  /** Without METADATA_LABELS. */
  nameless: readonly LabelColumnBuilder[];
}

/** An empty table for the series of a metric; their metric name is `metricName` ("": they have none). */
export function createLabelTable(metricName: string): LabelTable {
  const columns: Columns = { byName: new Map(), sorted: [null], nameless: [] };
  const rows = createRowIndex();
  const namePair: LabelPair = [METRIC_NAME, metricName];

  const make = (row: number, from: Columns['sorted']): Labels => {
    if (row < 0 || row >= rows.count) throw new Error(`metric table "${metricName}" has no row ${row}`);
    const pairs: LabelPair[] = [];
    for (const column of from) {
      const id = column?.ids[row] ?? 0;
      if (column !== null && id > 0) pairs.push(column.pair(id));
      else if (column === null && metricName !== '') pairs.push(namePair);
    }
    return labelsFromSortedPairs(pairs);
  };

  return {
    get rowCount() {
      return rows.count;
    },
    columns: columns.byName,
    labels: remembering((row) => make(row, columns.sorted)),
    namelessLabels: remembering((row) => make(row, columns.nameless)),
    rowOf(labels) {
      const ids = idsOf(columns.byName, labels);
      return ids === null ? -1 : rows.find(ids, (row) => hasIds(columns.byName, labels, ids, row));
    },
    add(labels) {
      const row = rows.count;
      const ids: number[] = [];
      for (const [name, value] of labels.pairs) {
        if (name === METRIC_NAME) continue;
        const column = columns.byName.get(name) ?? addColumn(columns, name);
        const id = column.intern(value);
        column.set(row, id);
        ids.push(id);
      }
      rows.add(ids);
      return row;
    },
  };
}

function remembering(make: (row: number) => Labels): (row: number) => Labels {
  const made = new Map<number, Labels>();
  return (row) => {
    const known = made.get(row);
    if (known !== undefined) return known;
    if (made.size >= MAX_MADE) made.clear();
    const labels = make(row);
    made.set(row, labels);
    return labels;
  };
}

function addColumn(columns: Columns, name: string): LabelColumnBuilder {
  const column = createLabelColumn(name);
  columns.byName.set(name, column);
  const nameOf = (one: LabelColumnBuilder | null): string => one?.name ?? METRIC_NAME;
  columns.sorted = [...columns.sorted, column].sort((a, b) => compareText(nameOf(a), nameOf(b)));
  columns.nameless = columns.sorted.filter((one) => one !== null).filter(({ name }) => !METADATA_LABELS.has(name));
  return column;
}

/** Ids of the values in the order of the pairs, without the metric's name; null when no row can have them. */
function idsOf(columns: ReadonlyMap<string, LabelColumnBuilder>, { pairs }: Labels): number[] | null {
  const ids: number[] = [];
  for (const [name, value] of pairs) {
    if (name === METRIC_NAME) continue;
    const id = columns.get(name)?.idOf(value) ?? -1;
    if (id < 0) return null;
    ids.push(id);
  }
  return ids;
}

/** Whether a row with as many labels has these very ones. */
function hasIds(
  columns: ReadonlyMap<string, LabelColumnBuilder>,
  { pairs }: Labels,
  ids: readonly number[],
  row: number,
): boolean {
  let at = 0;
  for (const [name] of pairs) {
    if (name === METRIC_NAME) continue;
    if (columns.get(name)?.ids[row] !== ids[at]) return false;
    at += 1;
  }
  return true;
}

/** Rows by a hash over their ids: open addressing, at most half full. */
interface RowIndex {
  readonly count: number;
  /** A row with as many ids and the same hash that `isSame` accepts; -1 when there is none. */
  find(ids: readonly number[], isSame: (row: number) => boolean): number;
  add(ids: readonly number[]): void;
}

function createRowIndex(): RowIndex {
  let count = 0;
  let hashes = new Int32Array(16);
  /** Labels of each row. */
  let sizes = new Int32Array(16);
  /** 1 + row; 0 is free. The length is a power of two. */
  let slots = new Int32Array(32);

  const place = (row: number): void => {
    let at = (hashes[row] ?? 0) & (slots.length - 1);
    while (slots[at] !== 0) at = (at + 1) & (slots.length - 1);
    slots[at] = row + 1;
  };

  return {
    get count() {
      return count;
    },
    find(ids, isSame) {
      const hash = hashOf(ids);
      for (let at = hash & (slots.length - 1); slots[at] !== 0; at = (at + 1) & (slots.length - 1)) {
        const row = (slots[at] ?? 0) - 1;
        if (hashes[row] === hash && sizes[row] === ids.length && isSame(row)) return row;
      }
      return -1;
    },
    add(ids) {
      if (count === hashes.length) {
        hashes = twice(hashes);
        sizes = twice(sizes);
        slots = new Int32Array(count * 4);
        for (let row = 0; row < count; row++) place(row);
      }
      hashes[count] = hashOf(ids);
      sizes[count] = ids.length;
      place(count);
      count += 1;
    },
  };
}

function twice(numbers: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const longer = new Int32Array(numbers.length * 2);
  longer.set(numbers);
  return longer;
}

/** FNV-1a over the ids and their number. */
function hashOf(ids: readonly number[]): number {
  let hash = 0x811c9dc5 ^ ids.length;
  for (const id of ids) hash = Math.imul(hash ^ id, 0x01000193);
  return hash ^ (hash >>> 15);
}
