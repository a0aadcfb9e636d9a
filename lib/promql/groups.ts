import { dropLabels, keepLabels, type Labels, METRIC_NAME } from '../model/labels.ts';
import { createRecentlyUsed, type RecentlyUsed } from '../model/recently-used.ts';
import type { MetricTable } from '../series/metric-table.ts';

/** Which labels make a group: only the listed ones, or all but those (and but the metric name, unless `nameCounts`). */
export interface Grouping {
  readonly labels: readonly string[];
  readonly without: boolean;
  readonly nameCounts?: boolean;
}

/** The labels that a grouping keeps (by) or removes (without). */
export function groupingNames({ labels, without, nameCounts = false }: Grouping): ReadonlySet<string> {
  return new Set(without && !nameCounts ? [...labels, METRIC_NAME] : labels);
}

/** The groups of all rows of a table. */
export interface TableGroups {
  /** Group number by table row. */
  readonly numbers: Int32Array;
  /** Label set by group number. */
  readonly labels: readonly Labels[];
}

interface Remembered {
  readonly version: number;
  readonly byGrouping: RecentlyUsed<TableGroups>;
}

// Groups are the same for every evaluation until a table gets or loses rows, so they are kept as long as the table is.
const remembered = new WeakMap<MetricTable, Remembered>();
/** Of the groups of one table, in units of four bytes: that of a number. */
const MAX_REMEMBERED_UNITS = 5_000_000;
/** Of a label set with its key. */
const LABELS_UNITS = 100;

/** Groups of a table under a grouping, found through the dictionary columns. `dropped`: rows count as having no name. */
export function tableGroups(table: MetricTable, grouping: Grouping, dropped: boolean): TableGroups {
  let known = remembered.get(table);
  if (known?.version !== table.version) {
    known = { version: table.version, byGrouping: createRecentlyUsed(MAX_REMEMBERED_UNITS) };
    remembered.set(table, known);
  }
  const key = JSON.stringify([grouping.without, grouping.nameCounts === true, dropped, grouping.labels]);
  const found = known.byGrouping.get(key);
  if (found !== undefined) return found;
  const groups = findGroups(table, grouping, dropped);
  known.byGrouping.keep(key, groups, key.length + groups.numbers.length + (groups.labels.length + 1) * LABELS_UNITS);
  return groups;
}

function findGroups(table: MetricTable, grouping: Grouping, dropped: boolean): TableGroups {
  const { without } = grouping;
  const metadata = dropped ? [METRIC_NAME, '__type__', '__unit__'] : [];
  const listed = [...groupingNames(grouping)];
  const names = new Set(without ? [...listed, ...metadata] : listed.filter((name) => !metadata.includes(name)));
  const used = [...table.columns.keys()].filter((name) => names.has(name) !== without);
  const numbers = new Int32Array(table.rowCount);
  let count = Math.min(1, table.rowCount);
  for (const name of used) count = splitGroups(table, name, numbers);
  const firstRow = new Int32Array(count).fill(-1);
  numbers.forEach((group, row) => {
    if (firstRow[group] === -1) firstRow[group] = row;
  });
  const cut = without ? dropLabels : keepLabels;
  return { numbers, labels: Array.from(firstRow, (row) => cut(table.labels(row), names)) };
}

/** Splits every group by the values of one more column. Returns the number of groups. */
function splitGroups(table: MetricTable, name: string, numbers: Int32Array): number {
  const column = table.columns.get(name);
  if (column === undefined) return 0;
  const { ids, values } = column;
  const groupOf = new Map<number, number>();
  for (let row = 0; row < numbers.length; row++) {
    const pair = (numbers[row] ?? 0) * values.length + (ids[row] ?? 0);
    const group = groupOf.get(pair) ?? groupOf.size;
    if (group === groupOf.size) groupOf.set(pair, group);
    numbers[row] = group;
  }
  return groupOf.size;
}
