import { isIntType, type ParameterType } from './functions.ts';
import { printNode } from './print-syntax.ts';
import { fail, type Run } from './run.ts';
import type { Operand } from './syntax.ts';
import { floatValue, intValue, listValue, typeName, type Value } from './value.ts';

type Constant = Extract<Operand, { readonly kind: 'bool' | 'string' | 'number' }>;

/** A value where a type is expected; fails when it is of another. */
export function acceptValue(run: Run, value: Value, type: ParameterType): Value {
  if (type === 'any') return value;
  if (value === null) return isNilable(type) ? listValue([], type) : fail(run, `invalid value; expected ${type}`);
  if (typeName(value) === type || typeName(value) === `*${type}`) return value;
  return fail(run, `wrong type for value; expected ${type}; got ${typeName(value)}`);
}

/** The word `nil` where a type is expected. */
export function acceptNil(run: Run, type: ParameterType): Value {
  if (type === 'any') return null;
  return isNilable(type) ? listValue([], type) : fail(run, `cannot assign nil to ${type}`);
}

function isNilable(type: ParameterType): boolean {
  return type.startsWith('[]');
}

/** A constant where a type is expected: numbers take the type, strings and booleans must fit. */
export function acceptConstant(run: Run, node: Constant, type: ParameterType): Value {
  if (type === 'any') return idealConstant(run, node);
  if (type === 'string') return node.kind === 'string' ? node.text : unexpected(run, node, 'string');
  if (type === 'bool') return node.kind === 'bool' ? node.value : unexpected(run, node, 'boolean');
  if (isIntType(type)) {
    if (node.kind !== 'number' || node.int === null) return unexpected(run, node, 'integer');
    return intValue(node.int, type);
  }
  if (type === 'float64') {
    return node.kind === 'number' && node.float !== null ? floatValue(node.float) : unexpected(run, node, 'float');
  }
  return fail(run, `can't handle ${printNode(node)} for arg of type ${type}`);
}

/** A constant where any type is welcome. */
export function idealConstant(run: Run, node: Constant): Value {
  if (node.kind === 'string') return node.text;
  if (node.kind === 'bool') return node.value;
  return node.ideal ?? fail(run, `${node.source} overflows int`);
}

function unexpected(run: Run, node: Constant, wanted: string): never {
  return fail(run, `expected ${wanted}; found ${printNode(node)}`);
}
