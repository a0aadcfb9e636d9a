import type { LabelPair } from '../model/labels.ts';
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
  readonly name: string;
  /** The id of a value; -1 when no row has had it. */
  idOf(value: string): number;
  /** The id of a value, new if need be. */
  intern(value: string): number;
  set(row: number, id: number): void;
  /** Name and value, the same object for all rows with this id. */
  pair(id: number): LabelPair;
}

/** A column of empty values. */
export function createLabelColumn(name: string): LabelColumnBuilder {
  const values: string[] = [''];
  const idByValue = new Map<string, number>([['', 0]]);
  const pairs: LabelPair[] = [];
  let ids = new Int32Array(16);
  return {
    name,
    values,
    get ids() {
      return ids;
    },
    idOf: (value) => idByValue.get(value) ?? -1,
    intern(value) {
      const known = idByValue.get(value);
      if (known !== undefined) return known;
      const own = copyOf(value);
      const id = values.push(own) - 1;
      idByValue.set(own, id);
      return id;
    },
    set(row, id) {
      if (row >= ids.length) {
        const longer = new Int32Array(Math.max(row + 1, ids.length * 2));
        longer.set(ids);
        ids = longer;
      }
      ids[row] = id;
    },
    pair(id) {
      const pair = pairs[id] ?? ([name, values[id] ?? ''] as const);
      pairs[id] = pair;
      return pair;
    },
  };
}

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
/** V8 copies shorter slices anyway. */
const MIN_SLICE_CHARS = 13;

/** A value may be a slice of all texts of a block, which it would keep in memory as long as itself. */
function copyOf(value: string): string {
  return value.length < MIN_SLICE_CHARS ? value : decoder.decode(encoder.encode(value));
}

/** Per value id of the column, 1 when the matcher accepts it: the matcher runs once per distinct value. */
export function acceptedIds(column: LabelColumn, matcher: Matcher): Uint8Array {
  return Uint8Array.from(column.values, (value) => (matcher.matches(value) ? 1 : 0));
}
