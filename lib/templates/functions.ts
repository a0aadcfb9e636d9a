import { CallError } from './template-error.ts';
import { DURATION_TYPE, type SliceValue, type TimeValue, textOf, type Value } from './value.ts';

/** Go's name of a parameter's type; 'any' takes everything. */
export type ParameterType =
  | 'any'
  | 'bool'
  | 'string'
  | 'int'
  | 'float64'
  | '[]string'
  | '[]interface {}'
  | (string & {});

/** A function or method that templates may call. Arguments are checked against the types before `apply` sees them. */
export interface TemplateFunction {
  readonly parameters: readonly ParameterType[];
  /** Type of any number of further arguments; null when there are none. */
  readonly rest: ParameterType | null;
  /** Throws a CallError with what is wrong; the executor says where. */
  readonly apply: (args: readonly Value[]) => Value;
  /** Steps a call uses up beyond those for the size of its arguments; null for none. */
  readonly cost: ((args: readonly Value[]) => number) | null;
}

/** Functions by name. Later tables win when tables are merged. */
export type FunctionTable = ReadonlyMap<string, TemplateFunction>;

export function fixed(
  parameters: readonly ParameterType[],
  apply: (args: readonly Value[]) => Value,
): TemplateFunction {
  return { parameters, rest: null, apply, cost: null };
}

export function variadic(
  parameters: readonly ParameterType[],
  rest: ParameterType,
  apply: (args: readonly Value[]) => Value,
): TemplateFunction {
  return { parameters, rest, apply, cost: null };
}

/** The argument at `i`; nil when it is absent. */
export function valueAt(args: readonly Value[], i: number): Value {
  return args[i] ?? null;
}

/** The argument at `i`, declared as a string. */
export function textAt(args: readonly Value[], i: number): string {
  return textOf(valueAt(args, i)) ?? wrongType('string');
}

/** The argument at `i`, declared as an integer or a duration. */
export function intAt(args: readonly Value[], i: number): bigint {
  const value = valueAt(args, i);
  return typeof value === 'object' && value?.kind === 'int' ? value.value : wrongType('int');
}

/** The argument at `i`, declared as time.Time. */
export function timeAt(args: readonly Value[], i: number): TimeValue {
  const value = valueAt(args, i);
  return typeof value === 'object' && value?.kind === 'time' ? value : wrongType('time.Time');
}

/** The argument at `i`, declared as a slice. */
export function sliceAt(args: readonly Value[], i: number): SliceValue {
  const value = valueAt(args, i);
  return typeof value === 'object' && value?.kind === 'slice' ? value : wrongType('slice');
}

/** The texts of the argument at `i`, declared as []string. */
export function stringsAt(args: readonly Value[], i: number): readonly string[] {
  return sliceAt(args, i).items.map((item) => textOf(item) ?? '');
}

function wrongType(expected: string): never {
  throw new CallError(`expected ${expected}`);
}

/** Whether a constant integer may stand where the type is expected. */
export function isIntType(type: ParameterType): boolean {
  return type === 'int' || type === 'int64' || type === DURATION_TYPE;
}
