import { parseDuration } from '../../lib/model/duration.ts';
import type { Labels } from '../../lib/model/labels.ts';
import { parseMetric } from '../../lib/promql/series-notation.ts';

/** A line of start timestamps: `requests_total{job="a"}@st _ -30s-1mx2`. It belongs to the series line after it. */
export interface StartLine {
  readonly labels: Labels;
  /** Milliseconds from each sample's own time, repetitions written out; null where nothing is said. */
  readonly offsetsMs: readonly (number | null)[];
}

const LENGTH = '[+-]?(?:0|(?:\\d+(?:ms|[ywdhms]))+)';
const ITEM = new RegExp(`^(?:_|(${LENGTH})(?:([+-])(${LENGTH}))?)(?:x(\\d+))?$`);

/** Parses a line of start timestamps; null for a line that is none. Throws an Error naming the item that is wrong. */
export function parseStartLine(text: string): StartLine | null {
  const [, metric, sequence = ''] = /^(.*)@st\s(.*)$/.exec(text) ?? [];
  if (metric === undefined) return null;
  const items = sequence.split(/\s+/).filter((item) => item !== '');
  return { labels: parseMetric(metric), offsetsMs: items.flatMap(parseItem) };
}

/** `_xN` is N times nothing; `axN` and `a-bxN` are N + 1 values. */
function parseItem(item: string): (number | null)[] {
  const [whole, first, sign, step, times] = ITEM.exec(item) ?? [];
  if (whole === undefined) throw new Error(`bad start timestamp ${JSON.stringify(item)}`);
  if (first === undefined) return new Array<null>(Number(times ?? 1)).fill(null);
  const firstMs = lengthMs(first);
  const stepMs = step === undefined ? 0 : lengthMs(step) * (sign === '-' ? -1 : 1);
  return Array.from({ length: Number(times ?? 0) + 1 }, (_, i) => firstMs + i * stepMs);
}

function lengthMs(text: string): number {
  const parsed = parseDuration(text.replace(/^[+-]/, ''));
  if (typeof parsed !== 'number') throw new Error(parsed.error);
  return text.startsWith('-') ? -parsed : parsed;
}
