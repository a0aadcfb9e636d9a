import { formatFloat } from './go-float.ts';
import { sortedKeys } from './go-format.ts';
import { CallError } from './template-error.ts';
import { createText, type TextBuilder } from './text-builder.ts';
import { formatTime, RFC3339_NANO_LAYOUT } from './time-format.ts';
import { type MapValue, type StructValue, typeName, type Value } from './value.ts';

const MAX_DEPTH = 100;

/** JSON as Go's encoder writes it: keys of maps sorted, `<`, `>` and `&` as \u003c, \u003e and \u0026. */
export function toJson(value: Value): string {
  const out = createText();
  writeJson(out, value, 0);
  return out.text();
}

function writeJson(out: TextBuilder, value: Value, depth: number): void {
  if (depth > MAX_DEPTH) throw new CallError(`value nested deeper than ${MAX_DEPTH} levels`);
  if (typeof value !== 'object' || value === null) {
    out.add(typeof value === 'string' ? jsonString(value) : String(value));
    return;
  }
  switch (value.kind) {
    case 'text':
      out.add(jsonString(value.text));
      return;
    case 'int':
      out.add(value.value.toString());
      return;
    case 'float':
      out.add(jsonNumber(value.value));
      return;
    case 'time':
      out.add(jsonString(formatTime(value.epochNs, value.zone, RFC3339_NANO_LAYOUT)));
      return;
    case 'slice':
      writeList(out, value.items, depth);
      return;
    case 'map':
      writeMembers(out, mapMembers(value), depth);
      return;
    case 'struct':
      writeMembers(out, structMembers(value), depth);
      return;
    case 'complex':
      throw new CallError(`json: unsupported type: ${typeName(value)}`);
  }
}

function writeList(out: TextBuilder, items: readonly Value[], depth: number): void {
  out.add('[');
  items.forEach((item, i) => {
    if (i > 0) out.add(',');
    writeJson(out, item, depth + 1);
  });
  out.add(']');
}

function writeMembers(out: TextBuilder, members: readonly (readonly [string, Value])[], depth: number): void {
  out.add('{');
  members.forEach(([name, value], i) => {
    out.add(`${i > 0 ? ',' : ''}${jsonString(name)}:`);
    writeJson(out, value, depth + 1);
  });
  out.add('}');
}

function mapMembers(map: MapValue): readonly (readonly [string, Value])[] {
  return sortedKeys(map).map((key) => [key, map.entries.get(key) ?? map.zero]);
}

function structMembers(struct: StructValue): readonly (readonly [string, Value])[] {
  return [...struct.fields].map(([name, value]) => [struct.jsonNames.get(name) ?? name, value]);
}

function jsonNumber(value: number): string {
  if (!Number.isFinite(value)) throw new CallError(`json: unsupported value: ${formatFloat(value, 'g', null)}`);
  const magnitude = Math.abs(value);
  const isPlain = magnitude === 0 || (magnitude >= 1e-6 && magnitude < 1e21);
  return isPlain ? formatFloat(value, 'f', null) : formatFloat(value, 'e', null).replace(/e-0(\d)$/, 'e-$1');
}

function jsonString(text: string): string {
  return JSON.stringify(text.replace(/\p{Surrogate}/gu, '\u{fffd}')).replace(/[<>&\u2028\u2029]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}
