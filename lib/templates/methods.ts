import { fixed, stringsAt, type TemplateFunction, textAt } from './functions.ts';
import { KV_TYPE, PAIRS_TYPE, pairsOf, sortedPairs, stringerText } from './stringer.ts';
import { joinTexts } from './text-builder.ts';
import { durationMethods, timeMethods } from './time-methods.ts';
import {
  DURATION_TYPE,
  listValue,
  type MapValue,
  type SliceValue,
  stringMapValue,
  stringsValue,
  structValue,
  textOf,
  type Value,
} from './value.ts';

/** Type of the list of alerts in a notification. */
export const ALERTS_TYPE = 'template.Alerts';

type Methods<Receiver> = ReadonlyMap<string, (receiver: Receiver) => TemplateFunction>;

const pairsMethods: Methods<SliceValue> = new Map([
  ['Names', (pairs) => fixed([], () => stringsValue(pairsOf(pairs).map(([name]) => name)))],
  ['Values', (pairs) => fixed([], () => stringsValue(pairsOf(pairs).map(([, value]) => value)))],
  ['String', (pairs) => fixed([], () => stringerText(pairs))],
]);

const labelSetMethods: Methods<MapValue> = new Map([
  ['SortedPairs', (labels) => fixed([], () => pairsValue(labels))],
  ['Remove', (labels) => fixed(['[]string'], (args) => withoutLabels(labels, new Set(stringsAt(args, 0))))],
  ['Names', (labels) => fixed([], () => stringsValue(sortedPairs(labels.entries).map(([name]) => name)))],
  ['Values', (labels) => fixed([], () => stringsValue(sortedPairs(labels.entries).map(([, value]) => value)))],
  ['String', (labels) => fixed([], () => stringerText(labels))],
]);

const alertsMethods: Methods<SliceValue> = new Map([
  ['Firing', (alerts) => fixed([], () => alertsWithStatus(alerts, 'firing'))],
  ['Resolved', (alerts) => fixed([], () => alertsWithStatus(alerts, 'resolved'))],
]);

const stringsMethods: Methods<SliceValue> = new Map([
  [
    'Join',
    (strings) =>
      fixed(['string'], (args) =>
        joinTexts(
          strings.items.map((item) => textOf(item) ?? ''),
          textAt(args, 0),
        ),
      ),
  ],
]);

const sliceMethods: ReadonlyMap<string, Methods<SliceValue>> = new Map([
  [PAIRS_TYPE, pairsMethods],
  [ALERTS_TYPE, alertsMethods],
  ['[]string', stringsMethods],
]);

/** The method of a value by its Go name, bound to it; null when its type has none of that name. */
export function methodOf(receiver: Value, name: string): TemplateFunction | null {
  if (typeof receiver !== 'object' || receiver === null) return null;
  switch (receiver.kind) {
    case 'time':
      return timeMethods.get(name)?.(receiver) ?? null;
    case 'map':
      return receiver.type === KV_TYPE ? (labelSetMethods.get(name)?.(receiver) ?? null) : null;
    case 'slice':
      return sliceMethods.get(receiver.type)?.get(name)?.(receiver) ?? null;
    case 'int':
      if (receiver.type === DURATION_TYPE) return durationMethods.get(name)?.(receiver.value) ?? null;
      return name === 'String' && stringerText(receiver) !== null ? fixed([], () => stringerText(receiver)) : null;
    default:
      return null;
  }
}

function pairsValue(labels: MapValue): SliceValue {
  return listValue(
    sortedPairs(labels.entries).map(([name, value]) => structValue('template.Pair', { Name: name, Value: value })),
    PAIRS_TYPE,
  );
}

function withoutLabels(labels: MapValue, removed: ReadonlySet<string>): MapValue {
  return stringMapValue(
    sortedPairs(labels.entries).filter(([name]) => !removed.has(name)),
    KV_TYPE,
  );
}

function alertsWithStatus(alerts: SliceValue, status: 'firing' | 'resolved'): SliceValue {
  const hasStatus = (alert: Value): boolean =>
    typeof alert === 'object' && alert?.kind === 'struct' && alert.fields.get('Status') === status;
  return listValue(alerts.items.filter(hasStatus), '[]template.Alert');
}
