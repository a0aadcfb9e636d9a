import type { TemplateFunction } from './functions.ts';
import { methodOf } from './methods.ts';
import { typeName, type Value } from './value.ts';

/** What `.name` finds on a value. */
export type Member =
  | { readonly kind: 'method'; readonly method: TemplateFunction }
  | { readonly kind: 'field'; readonly value: Value; readonly of: 'struct' | 'map' }
  /** With Go's message. */
  | { readonly kind: 'absent'; readonly message: string };

/** Looks a name up: a method of the type, else a field of a struct, else a key of a map (its zero value when it is missing). */
export function memberOf(receiver: Value, name: string): Member {
  const method = methodOf(receiver, name);
  if (method !== null) return { kind: 'method', method };
  if (typeof receiver === 'object' && receiver?.kind === 'struct') {
    const value = receiver.fields.get(name);
    if (value !== undefined) return { kind: 'field', value, of: 'struct' };
  }
  if (typeof receiver === 'object' && receiver?.kind === 'map') {
    return { kind: 'field', value: receiver.entries.get(name) ?? receiver.zero, of: 'map' };
  }
  if (receiver === null) return { kind: 'absent', message: `nil pointer evaluating interface {}.${name}` };
  return { kind: 'absent', message: `can't evaluate field ${name} in type ${typeName(receiver)}` };
}
