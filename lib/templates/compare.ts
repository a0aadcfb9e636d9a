import { compareText } from '../model/labels.ts';
import { type FunctionTable, fixed, valueAt, variadic } from './functions.ts';
import { formatValue } from './go-format.ts';
import { CallError } from './template-error.ts';
import { textOf, typeName, type Value } from './value.ts';

/** eq ne lt le gt ge: only values of one basic kind compare, as in Go. */
export const comparisons: FunctionTable = new Map([
  ['eq', variadic(['any'], 'any', ([first = null, ...others]) => equalsAny(first, others))],
  ['ne', fixed(['any', 'any'], (args) => !equals(valueAt(args, 0), valueAt(args, 1)))],
  ['lt', fixed(['any', 'any'], (args) => order(args) < 0)],
  ['le', fixed(['any', 'any'], (args) => order(args) <= 0)],
  ['gt', fixed(['any', 'any'], (args) => order(args) > 0)],
  ['ge', fixed(['any', 'any'], (args) => order(args) >= 0)],
]);

type BasicKind = 'bool' | 'string' | 'int' | 'float' | 'complex';

function basicKind(value: Value): BasicKind | null {
  if (typeof value === 'boolean') return 'bool';
  if (textOf(value) !== null) return 'string';
  if (typeof value !== 'object' || value === null) return null;
  return value.kind === 'int' || value.kind === 'float' || value.kind === 'complex' ? value.kind : null;
}

function equalsAny(first: Value, others: readonly Value[]): boolean {
  if (others.length === 0) throw new CallError('missing argument for comparison');
  return others.some((other) => equals(first, other));
}

function equals(a: Value, b: Value): boolean {
  if (a === null || b === null) return a === b;
  const kind = basicKind(a);
  if (kind !== basicKind(b)) throw incompatible(a, b);
  if (kind === null) return equalsWhole(a, b);
  if (kind === 'complex') return complexKey(a) === complexKey(b);
  return kind === 'bool' ? a === b : orderOf(a, b) === 0;
}

// Times compare by instant and zone; everything else that is not basic holds maps or slices, which Go does not compare.
function equalsWhole(a: Value, b: Value): boolean {
  const isTime = (value: Value): boolean => typeof value === 'object' && value?.kind === 'time';
  if (!isTime(a)) throw new CallError(`non-comparable type ${formatValue(a)}: ${typeName(a)}`);
  if (!isTime(b)) throw incompatible(a, b);
  return formatValue(a) === formatValue(b);
}

function complexKey(value: Value): string {
  return typeof value === 'object' && value?.kind === 'complex' ? `${value.real} ${value.imaginary}` : '';
}

function order(args: readonly Value[]): number {
  const [a, b] = [valueAt(args, 0), valueAt(args, 1)];
  const [kindA, kindB] = [basicKind(a), basicKind(b)];
  if (kindA === null || kindB === null) throw new CallError('invalid type for comparison');
  if (kindA !== kindB) throw incompatible(a, b);
  if (kindA === 'bool' || kindA === 'complex') throw new CallError('invalid type for comparison');
  return orderOf(a, b);
}

/** Sign of a - b; NaN when floats do not compare. */
function orderOf(a: Value, b: Value): number {
  const [textA, textB] = [textOf(a), textOf(b)];
  if (textA !== null && textB !== null) return compareText(textA, textB);
  const [x, y] = [numberOf(a), numberOf(b)];
  if (x === y) return 0;
  return x < y ? -1 : x > y ? 1 : Number.NaN;
}

function numberOf(value: Value): number | bigint {
  return typeof value === 'object' && (value?.kind === 'int' || value?.kind === 'float') ? value.value : Number.NaN;
}

function incompatible(a: Value, b: Value): CallError {
  return new CallError(`incompatible types for comparison: ${typeName(a)} and ${typeName(b)}`);
}
