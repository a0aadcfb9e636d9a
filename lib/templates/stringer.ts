import { compareText } from '../model/labels.ts';
import { MONTHS, WEEKDAYS } from './calendar.ts';
import { printGoDuration } from './duration-text.ts';
import { joinTexts } from './text-builder.ts';
import { formatTime, TIME_TEXT_LAYOUT } from './time-format.ts';
import { DURATION_TYPE, type IntValue, type SliceValue, type Value } from './value.ts';

export const KV_TYPE = 'template.KV';
export const PAIRS_TYPE = 'template.Pairs';
const FIRST_LABEL = 'alertname';

/** The text of a value whose type has a String method; null for all others. */
export function stringerText(value: Value): string | null {
  if (typeof value !== 'object' || value === null) return null;
  switch (value.kind) {
    case 'time':
      return formatTime(value.epochNs, value.zone, TIME_TEXT_LAYOUT);
    case 'int':
      return namedIntText(value);
    case 'map':
      return value.type === KV_TYPE ? printPairs(sortedPairs(value.entries)) : null;
    case 'slice':
      return value.type === PAIRS_TYPE ? printPairs(pairsOf(value)) : null;
    default:
      return null;
  }
}

function namedIntText(value: IntValue): string | null {
  if (value.type === DURATION_TYPE) return printGoDuration(value.value);
  if (value.type === 'time.Month') return MONTHS[Number(value.value) - 1] ?? `%!Month(${value.value})`;
  if (value.type === 'time.Weekday') return WEEKDAYS[Number(value.value)] ?? `%!Weekday(${value.value})`;
  return null;
}

/** Names and values with `alertname` first, the rest in byte order of the names. */
export function sortedPairs(entries: ReadonlyMap<string, Value>): readonly (readonly [string, string])[] {
  const rank = (name: string): number => (name === FIRST_LABEL ? 0 : 1);
  return [...entries]
    .map(([name, value]): [string, string] => [name, typeof value === 'string' ? value : ''])
    .sort(([a], [b]) => rank(a) - rank(b) || compareText(a, b));
}

/** Names and values of a Pairs value. */
export function pairsOf(pairs: SliceValue): readonly (readonly [string, string])[] {
  return pairs.items.map((item): [string, string] => {
    if (typeof item !== 'object' || item?.kind !== 'struct') return ['', ''];
    const [name, value] = [item.fields.get('Name'), item.fields.get('Value')];
    return [typeof name === 'string' ? name : '', typeof value === 'string' ? value : ''];
  });
}

function printPairs(pairs: readonly (readonly [string, string])[]): string {
  return joinTexts(
    pairs.map(([name, value]) => `${name}=${value}`),
    ', ',
  );
}
