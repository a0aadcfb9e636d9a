import type { Histogram, ResetHint } from '../../lib/model/histogram.ts';
import { areCompatible, isReset } from '../../lib/promql/histogram-algebra.ts';
import type { SequenceValue } from '../../lib/promql/series-notation.ts';

const MOST_IN_A_CHUNK = 120;

/**
 * Reset hints as they come back from Prometheus' storage, which the public scripts rely on: the first histogram of each
 * chunk is unknown, later ones are not a reset, gauges stay gauges. Whatever looks like a reset begins a chunk.
 */
export function withStoredHints(values: readonly SequenceValue[]): readonly SequenceValue[] {
  let before: Histogram | null = null;
  let inChunk = 0;
  return values.map((value): SequenceValue => {
    if (value.kind === 'absent') return value;
    if (value.kind !== 'histogram') {
      before = null;
      return value;
    }
    const { histogram } = value;
    inChunk = before === null || beginsChunk(histogram, before) || inChunk >= MOST_IN_A_CHUNK ? 1 : inChunk + 1;
    before = histogram;
    return { ...value, histogram: { ...histogram, resetHint: hintIn(histogram, inChunk) } };
  });
}

function hintIn({ resetHint }: Histogram, inChunk: number): ResetHint {
  if (resetHint === 'gauge') return 'gauge';
  return inChunk === 1 ? 'unknown' : 'not-reset';
}

function beginsChunk(current: Histogram, before: Histogram): boolean {
  const isGauge = current.resetHint === 'gauge';
  if (isGauge !== (before.resetHint === 'gauge')) return true;
  if (current.schema !== before.schema || current.zeroThreshold !== before.zeroThreshold) return true;
  if (!areCompatible(current, before)) return true;
  return !isGauge && isReset(current, before);
}
