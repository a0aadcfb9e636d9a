/** Mappings with known fields: decoding a table of fields into a value, with unknown and repeated names reported. */
import { isMap } from 'yaml';
import { complainOfType, type Field, field, RENDERED_NULL, type Rendered } from './config-fields.ts';
import { type Complaint, complain, follow, isNull, mappingEntries, type Place, placeOf } from './config-yaml.ts';

/** Fields in the order they are printed. */
export type Fields = Readonly<Record<string, Field<unknown>>>;

/** What a table of fields decodes to. */
export type Decoded<F extends Fields> = { readonly [K in keyof F]: F[K] extends Field<infer T> ? T : never };

/** Complains about the whole mapping, or about the value of one of its keys (named as in the file). */
export type Report = (complaint: Complaint | string, key?: string) => void;

interface MappingSpec<F extends Fields> {
  /** As Alertmanager's messages name it: `config.plain`. */
  readonly goType: string;
  readonly fields: F;
  /** Run on what was decoded, unless one of its values could not be read. */
  readonly check?: (value: Decoded<F>, report: Report) => void;
  /** Fills in what follows from other fields, after the check. */
  readonly complete?: (value: Decoded<F>) => Decoded<F>;
}

/** A mapping that always has a value: that of an empty one when it is missing. */
export function mapping<F extends Fields>(spec: MappingSpec<F>): Field<Decoded<F>> {
  const keys = new Map(Object.entries(spec.fields).map(([property, { key }]) => [key ?? keyOf(property), property]));
  const absent = decodedFrom(spec.fields, new Map());
  return field<Decoded<F>>({
    absent,
    decode: (place) => decodeMapping(place, spec, keys),
    isEmpty: (value) =>
      Object.entries(spec.fields).every(([property, each]) => !each.always && each.isEmpty(value[property])),
    render: (value) => renderMapping(spec.fields, keys, value),
  });
}

/** The same mapping, null when it is missing. */
export function optional<T extends object>(base: Field<T>): Field<T | null> {
  return field<T | null>({
    absent: null,
    decode: (place) => base.decode(place),
    isEmpty: (value) => value === null,
    render: (value) => (value === null ? RENDERED_NULL : base.render(value)),
  });
}

/** Name in the file: `apiUrl` is `api_url`, `timeoutMs` is `timeout`. */
export function keyOf(property: string): string {
  return property.replace(/Ms$/, '').replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function decodeMapping<F extends Fields>(
  place: Place,
  spec: MappingSpec<F>,
  keys: ReadonlyMap<string, string>,
): Decoded<F> {
  const { source } = place;
  const node = follow(place);
  const values = new Map<string, unknown>();
  const issuesBefore = source.issues.length;
  if (!isMap(node)) {
    if (node !== null) complainOfType(place, node, spec.goType);
  } else decodeEntries(place, spec, keys, values);
  const decoded = decodedFrom(spec.fields, values);
  const isBroken = source.issues.slice(issuesBefore).some((issue) => !nameCodes.has(issue.code));
  source.places.set(decoded, place);
  if (isBroken) {
    source.broken.add(decoded);
    return decoded;
  }
  spec.check?.(decoded, reporter(place, decoded));
  const completed = spec.complete?.(decoded) ?? decoded;
  source.places.set(completed, place);
  return completed;
}

// Mistakes in names do not keep the values from being checked.
const nameCodes = new Set(['unknown-field', 'repeated-field']);

function decodeEntries<F extends Fields>(
  place: Place,
  spec: MappingSpec<F>,
  keys: ReadonlyMap<string, string>,
  values: Map<string, unknown>,
): void {
  for (const { name, key, value } of mappingEntries(place)) {
    const property = keys.get(name);
    const each = property === undefined ? undefined : spec.fields[property];
    if (property === undefined || each === undefined) {
      const message = `field ${name} not found in type ${spec.goType}`;
      complain(key, { code: 'unknown-field', message, hint: hintFor(name, [...keys.keys()]) });
    } else if (values.has(property)) {
      complain(key, { code: 'repeated-field', message: `field ${name} already set in type ${spec.goType}` });
    } else values.set(property, isNull(value) ? each.absent : each.decode(value));
  }
}

/** A way to complain about a decoded mapping. */
export function reporter(place: Place, decoded: object): Report {
  return (complaint, key) => {
    const at = key === undefined ? place : (placeOf(place.source, decoded, key) ?? place);
    complain(at, typeof complaint === 'string' ? { code: 'invalid-value', message: complaint } : complaint);
  };
}

function decodedFrom<F extends Fields>(fields: F, values: ReadonlyMap<string, unknown>): Decoded<F> {
  const decoded: Record<string, unknown> = {};
  for (const [property, each] of Object.entries(fields)) {
    decoded[property] = values.has(property) ? values.get(property) : each.absent;
  }
  // Each property was made by its own field, which the type system cannot follow through the loop.
  return decoded as Decoded<F>;
}

function renderMapping<F extends Fields>(fields: F, keys: ReadonlyMap<string, string>, value: Decoded<F>): Rendered {
  const entries: [string, Rendered][] = [];
  for (const [key, property] of keys) {
    const each = fields[property];
    if (each === undefined || (!each.always && each.isEmpty(value[property]))) continue;
    entries.push([key, each.render(value[property])]);
  }
  return { kind: 'map', entries };
}

function hintFor(name: string, known: readonly string[]): string {
  const nearest = known
    .map((key) => ({ key, distance: editDistance(name, key) }))
    .sort((a, b) => a.distance - b.distance)[0];
  if (nearest !== undefined && nearest.distance <= Math.max(2, name.length / 3)) return `did you mean ${nearest.key}?`;
  return `known here: ${known.join(', ')}`;
}

/** Letters to insert, delete or replace to make one name of the other. */
function editDistance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > 8) return Number.POSITIVE_INFINITY;
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replace = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replace, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
