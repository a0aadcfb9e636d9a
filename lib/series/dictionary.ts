import type { Matcher } from '../model/matcher.ts';

/**
 * One label of all series of a metric, as a dictionary column: `values[ids[row]]` is the value of that row.
 * Id 0 is "", the value of rows without the label.
 */
export interface LabelColumn {
  readonly values: readonly string[];
  /** May be longer than the table; rows beyond what was set read 0. */
  readonly ids: Int32Array;
}

/** A column that lib/series fills. */
export interface LabelColumnBuilder extends LabelColumn {
  set(row: number, value: string): void;
}

/** A column of empty values. */
export function createLabelColumn(): LabelColumnBuilder {
  const values: string[] = [''];
  const idOf = new Map<string, number>([['', 0]]);
  let ids = new Int32Array(16);
  return {
    values,
    get ids() {
      return ids;
    },
    set(row, value) {
      let id = idOf.get(value);
      if (id === undefined) {
        id = values.push(value) - 1;
        idOf.set(value, id);
      }
      if (row >= ids.length) {
        const longer = new Int32Array(Math.max(row + 1, ids.length * 2));
        longer.set(ids);
        ids = longer;
      }
      ids[row] = id;
    },
  };
}

/** Per value id of the column, 1 when the matcher accepts it: the matcher runs once per distinct value. */
export function acceptedIds(column: LabelColumn, matcher: Matcher): Uint8Array {
  return Uint8Array.from(column.values, (value) => (matcher.matches(value) ? 1 : 0));
}
