import { MISSING } from '../series/cells.ts';
import type { BinaryExpr, SetOperator } from './ast.ts';
import { type Chunk, cellKind, emptyChunk, openStep, removeCell } from './chunk.ts';
import { copyCell } from './collect.ts';
import { createGroupIndex, joinSeries } from './series-list.ts';

/** and, or, unless: samples pass through or not; their values do not matter. May change `lhs`. */
export function combineSets(node: BinaryExpr, op: SetOperator, lhs: Chunk, rhs: Chunk): Chunk {
  const matching = node.matching ?? { labels: [], on: false };
  const groups = createGroupIndex({ labels: matching.labels, without: !matching.on });
  const leftGroups = groups.numbersOf(lhs.series).slice();
  const rightGroups = groups.numbersOf(rhs.series).slice();
  if (op === 'or') return unite(lhs, rhs, { leftGroups, rightGroups, count: groups.count });
  const wanted = op === 'and';
  const present = new Uint8Array(groups.count);
  for (let step = 0; step < lhs.steps; step++) {
    markPresent(rhs, rightGroups, step, present);
    openStep(lhs, step);
    for (let i = 0; i < lhs.width; i++) {
      if ((present[leftGroups[i] ?? 0] === 1) !== wanted) removeCell(lhs, step, step * lhs.width + i);
    }
  }
  return lhs;
}

/** Sets `present` to 1 for the groups that have a sample at the step, and to 0 for all others. */
function markPresent(chunk: Chunk, groups: Int32Array, step: number, present: Uint8Array): void {
  present.fill(0);
  for (let i = 0; i < chunk.width; i++) {
    if (cellKind(chunk, step, step * chunk.width + i) !== MISSING) present[groups[i] ?? 0] = 1;
  }
}

interface Sides {
  readonly leftGroups: Int32Array;
  readonly rightGroups: Int32Array;
  readonly count: number;
}

/** All samples of the left, then those of the right whose group has none on the left. */
function unite(lhs: Chunk, rhs: Chunk, { leftGroups, rightGroups, count }: Sides): Chunk {
  const united = emptyChunk(joinSeries([lhs.series, rhs.series]), lhs.steps);
  const present = new Uint8Array(count);
  for (let step = 0; step < lhs.steps; step++) {
    markPresent(lhs, leftGroups, step, present);
    for (let i = 0; i < lhs.width; i++) copyCell(lhs, united, step, { from: i, to: i });
    for (let i = 0; i < rhs.width; i++) {
      if (present[rightGroups[i] ?? 0] === 0) copyCell(rhs, united, step, { from: i, to: lhs.width + i });
    }
  }
  return united;
}
