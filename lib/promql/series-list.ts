import {
  dropLabels,
  keepLabels,
  type Labels,
  labelValue,
  METADATA_LABELS,
  METRIC_NAME,
  NO_LABELS,
} from '../model/labels.ts';
import type { MetricTable } from '../series/metric-table.ts';
import { type Grouping, groupingNames, type TableGroups, tableGroups } from './groups.ts';

/** The label sets of the series of a chunk, made only when somebody asks. */
export interface SeriesList {
  readonly size: number;
  labels(series: number): Labels;
  /** The name is to be removed when the query ends. */
  isMarked(series: number): boolean;
  /** Rows of a table as they are, or null: lets groups be found without making label sets. */
  readonly rows: TableRows | null;
}

/** What happened to the metric names of table rows: still there, to be removed at the end, or gone. */
export type NameState = 'kept' | 'marked' | 'dropped';

/** Rows of one metric table. */
export interface TableRows {
  readonly table: MetricTable;
  readonly tableRows: Int32Array;
  readonly name: NameState;
}

/** The metric name of a series, "" when it has none (any more). */
export function metricNameOf(series: SeriesList, index: number): string {
  if (series.rows !== null) return series.rows.name === 'dropped' ? '' : series.rows.table.name;
  return labelValue(series.labels(index), METRIC_NAME);
}

/** The series of table rows. */
export function tableSeries(table: MetricTable, tableRows: Int32Array, name: NameState = 'kept'): SeriesList {
  return {
    size: tableRows.length,
    labels(series) {
      const row = tableRows[series] ?? 0;
      return name === 'dropped' ? table.namelessLabels(row) : table.labels(row);
    },
    isMarked: () => name === 'marked',
    rows: { table, tableRows, name },
  };
}

/** Series with the given label sets; `marked` has 1 where the name is to be removed at the end. */
export function labelledSeries(labels: readonly Labels[], marked: Uint8Array | null = null): SeriesList {
  return {
    size: labels.length,
    labels(series) {
      const own = labels[series];
      if (own === undefined) throw new Error(`there is no series ${series} among ${labels.length}`);
      return own;
    },
    isMarked: (series) => marked?.[series] === 1,
    rows: null,
  };
}

/** The same series without their metric names: at once, or marked for removal at the end. */
export function withoutNames(series: SeriesList, delayed: boolean): SeriesList {
  if (series.rows !== null) {
    const { table, tableRows, name } = series.rows;
    return tableSeries(table, tableRows, delayed && name !== 'dropped' ? 'marked' : 'dropped');
  }
  if (delayed) return { size: series.size, labels: series.labels, isMarked: () => true, rows: null };
  return mapLabels(series, (labels) => dropLabels(labels, METADATA_LABELS));
}

/** The same series without the names that are marked for removal; no mark is left. */
export function withoutMarkedNames(series: SeriesList): SeriesList {
  if (series.rows !== null) return series.rows.name === 'marked' ? withoutNames(series, false) : series;
  return mapLabels(series, (labels, index) => (series.isMarked(index) ? dropLabels(labels, METADATA_LABELS) : labels));
}

function mapLabels(series: SeriesList, map: (labels: Labels, index: number) => Labels): SeriesList {
  const made: (Labels | undefined)[] = [];
  return {
    size: series.size,
    labels(index) {
      const labels = made[index] ?? map(series.labels(index), index);
      made[index] = labels;
      return labels;
    },
    isMarked: () => false,
    rows: null,
  };
}

/** Several lists one after another. */
export function joinSeries(lists: readonly SeriesList[]): SeriesList {
  const [first] = lists;
  if (lists.length === 1 && first !== undefined) return first;
  return joinRows(lists) ?? joinLists(lists);
}

/** One list of rows when all are rows of one table with one state of names; else null. */
function joinRows(lists: readonly SeriesList[]): SeriesList | null {
  const rows = lists.map((list) => list.rows);
  const first = rows[0] ?? null;
  if (first === null) return null;
  const { table, name } = first;
  const joined = new Int32Array(lists.reduce((size, list) => size + list.size, 0));
  let size = 0;
  for (const part of rows) {
    if (part === null || part.table !== table || part.name !== name) return null;
    joined.set(part.tableRows, size);
    size += part.tableRows.length;
  }
  return tableSeries(table, joined, name);
}

function joinLists(lists: readonly SeriesList[]): SeriesList {
  const starts: number[] = [];
  let size = 0;
  for (const list of lists) {
    starts.push(size);
    size += list.size;
  }
  const find = (series: number): readonly [SeriesList, number] => {
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if ((starts[middle] ?? 0) <= series) low = middle;
      else high = middle - 1;
    }
    const list = lists[low];
    if (list === undefined) throw new Error(`there is no series ${series} among ${size}`);
    return [list, series - (starts[low] ?? 0)];
  };
  return {
    size,
    labels(series) {
      const [list, index] = find(series);
      return list.labels(index);
    },
    isMarked(series) {
      const [list, index] = find(series);
      return list.isMarked(index);
    },
    rows: null,
  };
}

/** Numbers groups of series across chunks: equal labels under the grouping get equal numbers. */
export interface GroupIndex {
  readonly count: number;
  /** Group number of each series. Valid until the next call. */
  numbersOf(series: SeriesList): Int32Array;
  /** The label set of a group. */
  labels(group: number): Labels;
}

/** The groups of a table, and the number of each among all groups; -1 until it is met. */
interface KnownTable {
  readonly groups: TableGroups;
  readonly global: Int32Array;
}

/** Without groups yet; groups are numbered as they are met. */
export function createGroupIndex(grouping: Grouping): GroupIndex {
  const labelSets: Labels[] = [];
  const byKey = new Map<string, number>();
  const byTable = new Map<MetricTable, KnownTable>();
  const byNamelessTable = new Map<MetricTable, KnownTable>();
  let numbers = new Int32Array(0);
  const names = groupingNames(grouping);

  const numberOf = (labels: Labels): number => {
    let number = byKey.get(labels.key);
    if (number === undefined) {
      number = labelSets.push(labels) - 1;
      byKey.set(labels.key, number);
    }
    return number;
  };

  const ofNewTable = (table: MetricTable, dropped: boolean): KnownTable => {
    const groups = tableGroups(table, grouping, dropped);
    const known = { groups, global: new Int32Array(groups.labels.length).fill(-1) };
    (dropped ? byNamelessTable : byTable).set(table, known);
    return known;
  };

  const ofTable = ({ table, tableRows, name }: TableRows): void => {
    const known = (name === 'dropped' ? byNamelessTable : byTable).get(table);
    const { groups, global } = known ?? ofNewTable(table, name === 'dropped');
    for (let i = 0; i < tableRows.length; i++) {
      const local = groups.numbers[tableRows[i] ?? 0] ?? 0;
      let number = global[local] ?? -1;
      if (number < 0) {
        number = numberOf(groups.labels[local] ?? NO_LABELS);
        global[local] = number;
      }
      numbers[i] = number;
    }
  };

  return {
    get count() {
      return labelSets.length;
    },
    numbersOf(series) {
      if (numbers.length < series.size) numbers = new Int32Array(series.size);
      if (series.rows !== null) ofTable(series.rows);
      else {
        for (let i = 0; i < series.size; i++) {
          const labels = series.labels(i);
          numbers[i] = numberOf(grouping.without ? dropLabels(labels, names) : keepLabels(labels, names));
        }
      }
      return numbers;
    },
    labels(group) {
      const labels = labelSets[group];
      if (labels === undefined) throw new Error(`there is no group ${group} among ${labelSets.length}`);
      return labels;
    },
  };
}
