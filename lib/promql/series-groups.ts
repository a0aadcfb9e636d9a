/** The series of a chunk by group: those of the group at place g are `series[starts[g]..starts[g + 1])`, ascending. */
export interface SeriesGroups {
  /** Series in the chunk. */
  width: number;
  /** Groups that have series in the chunk. The arrays may be longer. */
  count: number;
  series: Int32Array;
  starts: Int32Array;
  /** Per place, the slot of its group at step 0; that at step n is n higher. */
  slots: Int32Array;
}

/** Sorts the series of chunks into groups, always in the same arrays. A group has one slot per step, one after another. */
export interface SeriesGrouper {
  /** `numbers` are the group numbers of the first `width` series, all below `groupCount`. Valid until the next call. */
  group(numbers: Int32Array, width: number, groupCount: number): SeriesGroups;
}

export function createSeriesGrouper(steps: number): SeriesGrouper {
  const groups: SeriesGroups = { width: 0, count: 0, series: NONE, starts: NONE, slots: NONE };
  let used = NONE;
  // Per group first its size, then the place of its next series; all zero between calls.
  let places = NONE;
  return {
    group(numbers, width, groupCount) {
      if (places.length < groupCount) places = new Int32Array(groupCount * 2);
      if (groups.series.length < width) {
        groups.series = new Int32Array(width);
        groups.starts = new Int32Array(width + 1);
        groups.slots = new Int32Array(width);
        used = new Int32Array(width);
      }
      groups.width = width;
      groups.count = countSizes(numbers, width, places, used);
      let end = 0;
      for (let i = 0; i < groups.count; i++) {
        const group = used[i] ?? 0;
        const size = places[group] ?? 0;
        places[group] = end;
        groups.starts[i] = end;
        groups.slots[i] = group * steps;
        end += size;
      }
      groups.starts[groups.count] = end;
      for (let i = 0; i < width; i++) {
        const group = numbers[i] ?? 0;
        const place = places[group] ?? 0;
        groups.series[place] = i;
        places[group] = place + 1;
      }
      for (let i = 0; i < groups.count; i++) places[used[i] ?? 0] = 0;
      return groups;
    },
  };
}

const NONE = new Int32Array(0);

/** Counts the series of each group into `sizes`; lists the groups in `used` and returns how many there are. */
function countSizes(numbers: Int32Array, width: number, sizes: Int32Array, used: Int32Array): number {
  let count = 0;
  for (let i = 0; i < width; i++) {
    const group = numbers[i] ?? 0;
    const size = sizes[group] ?? 0;
    if (size === 0) used[count++] = group;
    sizes[group] = size + 1;
  }
  return count;
}
