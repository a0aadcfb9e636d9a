import { comparisons } from './compare.ts';
import { escapeHtml, escapeJs, escapeQuery } from './escape-text.ts';
import { type FunctionTable, fixed, textAt, valueAt, variadic } from './functions.ts';
import { sprint, sprintf, sprintln } from './printf.ts';
import { CallError } from './template-error.ts';
import { byteLength, decodeUtf8, encodeUtf8 } from './utf8.ts';
import { intValue, isTrue, type MapValue, type SliceValue, textOf, typeName, type Value } from './value.ts';

/**
 * The functions every template has. `and` and `or` are listed for their names and arities: the executor runs them itself,
 * because they evaluate only as many arguments as they need. `call` has nothing to call: no value of ours is a function.
 */
export const builtins: FunctionTable = new Map([
  ...comparisons,
  ['and', variadic(['any'], 'any', (args) => args.find((arg) => !isTrue(arg)) ?? lastOf(args))],
  ['or', variadic(['any'], 'any', (args) => args.find(isTrue) ?? lastOf(args))],
  ['not', fixed(['any'], (args) => !isTrue(valueAt(args, 0)))],
  ['len', fixed(['any'], (args) => intValue(lengthOf(valueAt(args, 0))))],
  ['index', variadic(['any'], 'any', ([item = null, ...keys]) => keys.reduce<Value>(elementOf, item))],
  ['slice', variadic(['any'], 'any', ([item = null, ...bounds]) => sliceOf(item, bounds))],
  ['print', variadic([], 'any', sprint)],
  ['printf', variadic(['string'], 'any', (args) => sprintf(textAt(args, 0), args.slice(1)))],
  ['println', variadic([], 'any', sprintln)],
  ['html', variadic([], 'any', (args) => escapeHtml(joinedText(args)))],
  ['js', variadic([], 'any', (args) => escapeJs(joinedText(args)))],
  ['urlquery', variadic([], 'any', (args) => escapeQuery(joinedText(args)))],
  ['call', variadic(['any'], 'any', () => null)],
]);

function lastOf(args: readonly Value[]): Value {
  return args.at(-1) ?? null;
}

/** The text of arguments that are escaped together; an absent value reads as it would print. */
function joinedText(args: readonly Value[]): string {
  return sprint(args.map((arg) => (arg === null ? '<no value>' : arg)));
}

function lengthOf(item: Value): number {
  const text = textOf(item);
  if (text !== null) return byteLength(text);
  if (item === null) throw new CallError('reflect: call of reflect.Value.Type on zero Value');
  if (typeof item === 'object' && item.kind === 'slice') return item.items.length;
  if (typeof item === 'object' && item.kind === 'map') return item.entries.size;
  throw new CallError(`len of type ${typeName(item)}`);
}

function elementOf(item: Value, key: Value): Value {
  if (item === null) throw new CallError('index of untyped nil');
  const text = textOf(item);
  if (text !== null) {
    const bytes = encodeUtf8(text);
    const byte = bytes[position(key, bytes.length)];
    if (byte === undefined) throw new CallError('reflect: string index out of range');
    return intValue(byte, 'uint8');
  }
  if (typeof item === 'object' && item.kind === 'slice') return itemOf(item, key);
  if (typeof item === 'object' && item.kind === 'map') return entryOf(item, key);
  throw new CallError(`can't index item of type ${typeName(item)}`);
}

function itemOf(slice: SliceValue, key: Value): Value {
  const item = slice.items[position(key, slice.items.length)];
  if (item === undefined) throw new CallError('reflect: slice index out of range');
  return item;
}

function entryOf(map: MapValue, key: Value): Value {
  if (key === null) throw new CallError('value is nil; should be of type string');
  const name = textOf(key);
  if (name === null) throw new CallError(`value has type ${typeName(key)}; should be string`);
  return map.entries.get(name) ?? map.zero;
}

/** A place in a slice or string, 0 to `most`, its length: Go checks here only what slicing allows. */
function position(key: Value, most: number): number {
  if (key === null) throw new CallError('cannot index slice/array with nil');
  if (typeof key !== 'object' || key.kind !== 'int') {
    throw new CallError(`cannot index slice/array with type ${typeName(key)}`);
  }
  if (key.value < 0n || key.value > BigInt(most)) throw new CallError(`index out of range: ${key.value}`);
  return Number(key.value);
}

function sliceOf(item: Value, bounds: readonly Value[]): Value {
  if (item === null) throw new CallError('slice of untyped nil');
  if (bounds.length > 3) throw new CallError(`too many slice indexes: ${bounds.length}`);
  const text = textOf(item);
  if (text !== null) {
    if (bounds.length === 3) throw new CallError('cannot 3-index slice a string');
    const bytes = encodeUtf8(text);
    const [start, end] = boundsOf(bounds, bytes.length);
    return decodeUtf8(bytes.subarray(start, end));
  }
  if (typeof item !== 'object' || item.kind !== 'slice')
    throw new CallError(`can't slice item of type ${typeName(item)}`);
  const [start, end] = boundsOf(bounds, item.items.length);
  return { ...item, items: item.items.slice(start, end) };
}

function boundsOf(bounds: readonly Value[], length: number): readonly [start: number, end: number] {
  const places = bounds.map((bound) => position(bound, length));
  const [start = 0, end = length, most = length] = places;
  if (start > end) throw new CallError(`invalid slice index: ${start} > ${end}`);
  if (end > most) throw new CallError(`invalid slice index: ${end} > ${most}`);
  return [start, end];
}
