/** What a template computes with: Go values, with the names of their Go types where these show in texts. */

/** `int` of every width, and the types made from it (`time.Duration` in nanoseconds, `time.Month`, `uint8`). */
export interface IntValue {
  readonly kind: 'int';
  readonly type: string;
  readonly value: bigint;
}

export interface FloatValue {
  readonly kind: 'float';
  readonly type: 'float64';
  readonly value: number;
}

export interface ComplexValue {
  readonly kind: 'complex';
  readonly type: 'complex128';
  readonly real: number;
  readonly imaginary: number;
}

/** A string of a named type, such as `template.HTML`: text that an escaper trusts. Plain strings are JavaScript strings. */
export interface TextValue {
  readonly kind: 'text';
  readonly type: string;
  readonly text: string;
}

export interface TimeValue {
  readonly kind: 'time';
  /** With the `*` where Go holds a pointer; it prints and acts the same. */
  readonly type: 'time.Time' | '*time.Time';
  /** Nanoseconds since 1970-01-01T00:00:00Z; year 1 is representable. */
  readonly epochNs: bigint;
  /** IANA name of the zone it prints in; "UTC". */
  readonly zone: string;
}

export interface SliceValue {
  readonly kind: 'slice';
  readonly type: string;
  readonly items: readonly Value[];
}

export interface MapValue {
  readonly kind: 'map';
  readonly type: string;
  readonly entries: ReadonlyMap<string, Value>;
  /** What a missing key gives: "" for maps of strings, null for maps of anything. */
  readonly zero: Value;
}

export interface StructValue {
  readonly kind: 'struct';
  /** `template.Data`; with a leading `*` when Go would hold a pointer. */
  readonly type: string;
  /** In the order of declaration. */
  readonly fields: ReadonlyMap<string, Value>;
  /** Names in JSON, by field; a field that is absent here keeps its own. */
  readonly jsonNames: ReadonlyMap<string, string>;
}

/** Null is Go's nil. */
export type Value =
  | null
  | boolean
  | string
  | IntValue
  | FloatValue
  | ComplexValue
  | TextValue
  | TimeValue
  | SliceValue
  | MapValue
  | StructValue;

export const DURATION_TYPE = 'time.Duration';
export const ZERO_TIME_NS = -62_135_596_800_000_000_000n;

export function intValue(value: bigint | number, type = 'int'): IntValue {
  return { kind: 'int', type, value: BigInt(value) };
}

export function floatValue(value: number): FloatValue {
  return { kind: 'float', type: 'float64', value };
}

export function timeValue(epochNs: bigint, zone = 'UTC'): TimeValue {
  return { kind: 'time', type: 'time.Time', epochNs, zone };
}

export function durationValue(lengthNs: bigint): IntValue {
  return intValue(BigInt.asIntN(64, lengthNs), DURATION_TYPE);
}

export function listValue(items: readonly Value[], type = '[]interface {}'): SliceValue {
  return { kind: 'slice', type, items };
}

export function stringsValue(items: readonly string[]): SliceValue {
  return listValue(items, '[]string');
}

/** `map[string]string`, or a type made from it. */
export function stringMapValue(entries: Iterable<readonly [string, string]>, type = 'map[string]string'): MapValue {
  return { kind: 'map', type, entries: new Map(entries), zero: '' };
}

export function mapValue(entries: ReadonlyMap<string, Value>, type = 'map[string]interface {}'): MapValue {
  return { kind: 'map', type, entries, zero: null };
}

export function structValue(
  type: string,
  fields: Readonly<Record<string, Value>>,
  jsonNames: Readonly<Record<string, string>> = {},
): StructValue {
  return {
    kind: 'struct',
    type,
    fields: new Map(Object.entries(fields)),
    jsonNames: new Map(Object.entries(jsonNames)),
  };
}

/** Go's name of the type, as `%T` prints it. */
export function typeName(value: Value): string {
  if (value === null) return '<nil>';
  if (typeof value === 'boolean') return 'bool';
  return typeof value === 'string' ? 'string' : value.type;
}

/** The text of a string of any type; null for everything else. */
export function textOf(value: Value): string | null {
  if (typeof value === 'string') return value;
  return typeof value === 'object' && value?.kind === 'text' ? value.text : null;
}

/** Whether `if` takes it: nil, zero and empty are false; a struct is true, a zero time too. */
export function isTrue(value: Value): boolean {
  if (value === null) return false;
  if (typeof value === 'boolean') return value;
  if (typeof value === 'string') return value !== '';
  switch (value.kind) {
    case 'int':
      return value.value !== 0n;
    case 'float':
      return value.value !== 0;
    case 'complex':
      return value.real !== 0 || value.imaginary !== 0;
    case 'text':
      return value.text !== '';
    case 'slice':
      return value.items.length > 0;
    case 'map':
      return value.entries.size > 0;
    case 'time':
    case 'struct':
      return true;
  }
}
