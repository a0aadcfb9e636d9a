/**
 * Fields of the configuration file: how each kind of value is read from YAML and written back. A mapping is a table of fields in the
 * order Alertmanager prints them; its type follows from the table. Names of properties are those of the file in camel case, with
 * the unit at the end (`timeoutMs` is `timeout`).
 */
import { isMap, isScalar, isSeq, type Node } from 'yaml';
import {
  complain,
  follow,
  isNull,
  mappingEntries,
  type Place,
  type ResolvedScalar,
  resolveScalar,
  scalarText,
  sequenceItems,
} from './config-yaml.ts';

/** A value on its way back to YAML. `text` is quoted as needed, `plain` is printed as it stands. */
export type Rendered =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'plain'; readonly text: string }
  | { readonly kind: 'list'; readonly items: readonly Rendered[]; readonly flow: boolean }
  | { readonly kind: 'map'; readonly entries: readonly (readonly [key: string, value: Rendered])[] };

export const RENDERED_NULL: Rendered = { kind: 'plain', text: 'null' };

/** One kind of value. Methods, so that a table may hold fields of any type. */
export interface Field<T> {
  /** When the key is missing or null. */
  readonly absent: T;
  /** Name in the file when it does not follow from the property. */
  readonly key: string | null;
  /** Printed even when empty. */
  readonly always: boolean;
  /** Reads a value that is not null; complains and returns `absent` when it cannot. */
  decode(place: Place): T;
  isEmpty(value: T): boolean;
  render(value: T): Rendered;
}

type Kind<T> = Pick<Field<T>, 'absent' | 'decode' | 'isEmpty' | 'render'>;

/** A field of a new kind. */
export function field<T>(kind: Kind<T>): Field<T> {
  return { key: null, always: false, ...kind };
}

/** The same field with another value when it is missing. */
export function withDefault<T>(base: Field<T>, absent: T): Field<T> {
  return { ...base, absent };
}

/** The same field, printed even when it is empty. */
export function always<T>(base: Field<T>): Field<T> {
  return { ...base, always: true };
}

/** The same field under another name in the file. */
export function named<T>(key: string, base: Field<T>): Field<T> {
  return { ...base, key };
}

/** Says that a value has the wrong type, in Alertmanager's words; the place's mapping counts as broken. */
export function complainOfType(place: Place, node: Node | null, goType: string): void {
  complain(place, { code: 'wrong-type', message: `cannot unmarshal ${describe(node)} into ${goType}` });
}

function describe(node: Node | null): string {
  if (isMap(node)) return '!!map';
  if (isSeq(node)) return '!!seq';
  if (!isScalar(node)) return '!!null';
  const resolved = resolveScalar(node);
  const text = scalarText(node);
  const shown = text.length > 10 ? `${text.slice(0, 7)}...` : text;
  return `${scalarTag(resolved)} \`${shown}\``;
}

function scalarTag(resolved: ResolvedScalar): string {
  if (typeof resolved === 'boolean') return '!!bool';
  if (typeof resolved === 'number') return Number.isInteger(resolved) ? '!!int' : '!!float';
  return resolved === null ? '!!null' : '!!str';
}

/** The source text of a scalar, or null after a complaint. Secrets give `isSecret`, so that no message repeats them. */
export function textOf(place: Place, goType: string): string | null {
  const node = follow(place);
  if (isScalar(node)) return scalarText(node);
  if (node !== null) complainOfType(place, node, goType);
  return null;
}

export const renderText = (text: string): Rendered => ({ kind: 'text', text });

/** Text; "" when missing. */
export const text: Field<string> = field({
  absent: '',
  decode: (place) => textOf(place, 'string') ?? '',
  isEmpty: (value) => value === '',
  render: renderText,
});

export const bool: Field<boolean> = field({
  absent: false,
  decode: (place) => readBool(place) ?? false,
  isEmpty: (value) => !value,
  render: (value) => ({ kind: 'plain', text: String(value) }),
});

/** A boolean that may be left open. */
export const openBool: Field<boolean | null> = field({
  absent: null,
  decode: readBool,
  isEmpty: (value) => value === null,
  render: (value) => ({ kind: 'plain', text: String(value) }),
});

function readBool(place: Place): boolean | null {
  const node = follow(place);
  const resolved = isScalar(node) ? resolveScalar(node) : null;
  if (typeof resolved === 'boolean') return resolved;
  if (node !== null) complainOfType(place, node, 'bool');
  return null;
}

/** A whole number; `goType` as in messages (`int`, `uint64`). */
export function whole(goType: string): Field<number> {
  const least = goType.startsWith('u') ? 0 : Number.MIN_SAFE_INTEGER;
  return field({
    absent: 0,
    decode: (place) => {
      const node = follow(place);
      const resolved = isScalar(node) ? resolveScalar(node) : null;
      if (typeof resolved === 'number' && resolved >= least && Number.isSafeInteger(Math.trunc(resolved))) {
        return Math.trunc(resolved);
      }
      if (node !== null) complainOfType(place, node, goType);
      return 0;
    },
    isEmpty: (value) => value === 0,
    render: (value) => ({ kind: 'plain', text: String(value) }),
  });
}

/** A list; `nullItem` is the complaint about an empty item, or the value that stands for it. */
export function list<T>(
  item: Field<T>,
  options: { readonly goType: string; readonly nullItem?: string; readonly flow?: boolean },
): Field<readonly T[]> {
  return field<readonly T[]>({
    absent: [],
    decode: (place) => {
      const node = follow(place);
      if (!isSeq(node)) {
        if (node !== null) complainOfType(place, node, options.goType);
        return [];
      }
      return sequenceItems(place).map((each) => {
        if (!isNull(each)) return item.decode(each);
        if (options.nullItem !== undefined) complain(each, { code: 'empty-item', message: options.nullItem });
        if (typeof item.absent === 'object' && item.absent !== null) place.source.broken.add(item.absent);
        return item.absent;
      });
    },
    isEmpty: (value) => value.length === 0,
    render: (value) => ({ kind: 'list', items: value.map((each) => item.render(each)), flow: options.flow ?? false }),
  });
}

/** Order of the entries of a printed mapping: as yaml.v2, letters after all else and numbers by their size. */
export function byName(a: readonly [string, unknown], b: readonly [string, unknown]): number {
  const parts = /\p{L}|\d+|[^\p{L}\d]/gu;
  const [left, right] = [a[0].match(parts) ?? [], b[0].match(parts) ?? []];
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const [x = '', y = ''] = [left[i], right[i]];
    if (x === y) continue;
    const letters = Number(/\p{L}/u.test(x)) - Number(/\p{L}/u.test(y));
    const numbers = /\d/.test(x) && /\d/.test(y) ? Number(x) - Number(y) : 0;
    return letters || numbers || (x < y ? -1 : 1);
  }
  return left.length - right.length;
}

/** A mapping of free names, sorted by name when printed. */
export function record<T>(item: Field<T>, goType: string): Field<ReadonlyMap<string, T>> {
  return field<ReadonlyMap<string, T>>({
    absent: new Map(),
    decode: (place) => {
      const node = follow(place);
      const decoded = new Map<string, T>();
      if (!isMap(node)) {
        if (node !== null) complainOfType(place, node, goType);
        return decoded;
      }
      for (const { name, key, value } of mappingEntries(place)) {
        if (decoded.has(name)) {
          complain(key, { code: 'repeated-field', message: `key ${JSON.stringify(name)} already set in map` });
        }
        decoded.set(name, isNull(value) ? item.absent : item.decode(value));
      }
      return decoded;
    },
    isEmpty: (value) => value.size === 0,
    render: (value) => ({
      kind: 'map',
      entries: [...value].sort(byName).map(([name, each]) => [name, item.render(each)]),
    }),
  });
}

export const texts: Field<readonly string[]> = list(text, { goType: '[]string' });
export const textMap: Field<ReadonlyMap<string, string>> = record(text, 'map[string]string');
