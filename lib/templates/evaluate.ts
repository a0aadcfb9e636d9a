import { acceptConstant, acceptNil, acceptValue, idealConstant } from './arguments.ts';
import { memberOf } from './fields.ts';
import type { ParameterType, TemplateFunction } from './functions.ts';
import { printNode } from './print-syntax.ts';
import { charge, deeper, fail, failing, type Run } from './run.ts';
import type { ChainNode, CommandNode, Node, Operand, PipeNode, VariableNode } from './syntax.ts';
import { CallError } from './template-error.ts';
import { MAX_TEXT_LENGTH } from './text-builder.ts';
import { isTrue, textOf, typeName, type Value } from './value.ts';

/** What a function, method or field is given. */
interface Invocation {
  readonly dot: Value;
  readonly words: readonly Operand[];
  /** The value of the command before, in a pipeline: it becomes the last argument. */
  readonly final: { readonly value: Value } | null;
  /** What an error inside the function points at. */
  readonly node: Node;
}

/** Evaluates a pipeline and sets the variables it declares or assigns. */
export function evaluatePipe(run: Run, dot: Value, pipe: PipeNode): Value {
  run.node = pipe;
  return deeper(run, () => {
    let final: Invocation['final'] = null;
    for (const command of pipe.commands) final = { value: evaluateCommand(run, dot, command, final) };
    const value = final?.value ?? null;
    for (const name of pipe.variables) {
      if (pipe.isAssignment) assignVariable(run, name, value);
      else run.variables.push({ name, value });
    }
    return value;
  });
}

/** Sets the innermost variable of a name. */
export function assignVariable(run: Run, name: string, value: Value): void {
  const variable = run.variables.findLast((known) => known.name === name);
  if (variable === undefined) fail(run, `undefined variable: ${name}`);
  variable.value = value;
}

function evaluateCommand(run: Run, dot: Value, command: CommandNode, final: Invocation['final']): Value {
  const [first, ...words] = command.words;
  if (first === undefined) return null;
  const invocation: Invocation = { dot, words, final, node: command };
  switch (first.kind) {
    case 'function':
      return evaluateFunction(run, first, invocation);
    case 'field':
      run.node = first;
      return followNames(run, dot, first.names, { ...invocation, node: first });
    case 'chain':
      return evaluateChain(run, first, { ...invocation, node: first });
    case 'variable':
      return evaluateVariable(run, first, { ...invocation, node: first });
    case 'pipe':
      refuseArguments(run, first, invocation);
      return evaluatePipe(run, dot, first);
    default:
      run.node = first;
      refuseArguments(run, first, invocation);
      return evaluateConstant(run, dot, first);
  }
}

function evaluateConstant(
  run: Run,
  dot: Value,
  node: Extract<Operand, { readonly kind: 'dot' | 'nil' | 'bool' | 'string' | 'number' }>,
): Value {
  if (node.kind === 'dot') return dot;
  return node.kind === 'nil' ? fail(run, 'nil is not a command') : idealConstant(run, node);
}

function refuseArguments(run: Run, node: Operand, { words, final }: Invocation): void {
  if (words.length > 0 || final !== null) fail(run, `can't give argument to non-function ${printNode(node)}`);
}

function evaluateFunction(run: Run, node: Extract<Operand, { kind: 'function' }>, invocation: Invocation): Value {
  run.node = node;
  const known = run.functions.get(node.name);
  if (known === undefined) return fail(run, `${JSON.stringify(node.name)} is not a defined function`);
  return callFunction(run, node.name, known, invocation);
}

function evaluateVariable(run: Run, node: VariableNode, invocation: Invocation): Value {
  run.node = node;
  const variable = run.variables.findLast((known) => known.name === node.name);
  if (variable === undefined) return fail(run, `undefined variable: ${node.name}`);
  if (node.names.length > 0) return followNames(run, variable.value, node.names, invocation);
  refuseArguments(run, node, invocation);
  return variable.value;
}

function evaluateChain(run: Run, node: ChainNode, invocation: Invocation): Value {
  run.node = node;
  const start = evaluateOperand(run, invocation.dot, node.operand, 'any');
  return followNames(run, start, node.names, invocation);
}

/** `.A.B.C`: the last name gets the arguments. Nil at the start has every field, and each is nil. */
function followNames(run: Run, start: Value, names: readonly string[], invocation: Invocation): Value {
  if (start === null) return null;
  const last = names.length - 1;
  const bare: Invocation = { ...invocation, words: [], final: null };
  return names.reduce<Value>((value, name, i) => followName(run, value, name, i === last ? invocation : bare), start);
}

function followName(run: Run, receiver: Value, name: string, invocation: Invocation): Value {
  charge(run, 1);
  const member = memberOf(receiver, name);
  if (member.kind === 'method') return callFunction(run, name, member.method, invocation);
  if (member.kind === 'absent') return fail(run, member.message);
  if (invocation.words.length === 0 && invocation.final === null) return member.value;
  const complaint =
    member.of === 'struct' ? 'has arguments but cannot be invoked as function' : 'is not a method but has arguments';
  return fail(run, `${name} ${complaint}`);
}

function callFunction(run: Run, name: string, called: TemplateFunction, invocation: Invocation): Value {
  const { words, final, node } = invocation;
  checkCount(run, name, called, words.length + (final === null ? 0 : 1));
  if (name === 'and' || name === 'or') return evaluateLogic(run, name, invocation);
  const args = words.map((word, i) => evaluateOperand(run, invocation.dot, word, typeAt(called, i)));
  if (final !== null) args.push(acceptValue(run, final.value, typeAt(called, args.length)));
  charge(run, 1 + (called.cost?.(args) ?? 0) + args.reduce<number>((total, arg) => total + sizeOf(arg) / 64, 0));
  return failing(run, { prefix: `error calling ${name}: `, node }, () => {
    if (name === 'call') throw new CallError(describeCallee(words[0], args[0] ?? null));
    const result = called.apply(args);
    if (sizeOf(result) > MAX_TEXT_LENGTH) throw new CallError(`value exceeds ${MAX_TEXT_LENGTH} characters`);
    return result;
  });
}

function checkCount(run: Run, name: string, { parameters, rest }: TemplateFunction, count: number): void {
  const least = parameters.length;
  if (rest !== null && count < least) {
    fail(run, `wrong number of args for ${name}: want at least ${least} got ${count}`);
  }
  if (rest === null && count !== least) fail(run, `wrong number of args for ${name}: want ${least} got ${count}`);
}

function typeAt({ parameters, rest }: TemplateFunction, i: number): ParameterType {
  return parameters[i] ?? rest ?? 'any';
}

/** `and` and `or` give back the argument that decides, and evaluate none after it. */
function evaluateLogic(run: Run, name: 'and' | 'or', { dot, words, final }: Invocation): Value {
  let value: Value = null;
  for (const word of words) {
    value = evaluateOperand(run, dot, word, 'any');
    if (isTrue(value) === (name === 'or')) return value;
  }
  return final === null ? value : final.value;
}

/** No value of a template is a function, so `call` can only say what it was given. */
function describeCallee(word: Operand | undefined, callee: Value): string {
  if (callee === null) return 'call of nil';
  return `non-function ${word === undefined ? 'value' : printNode(word)} of type ${typeName(callee)}`;
}

function sizeOf(value: Value): number {
  const text = textOf(value);
  if (text !== null) return text.length;
  if (typeof value !== 'object' || value === null) return 1;
  if (value.kind === 'slice') return value.items.length;
  return value.kind === 'map' ? value.entries.size : 1;
}

/** An argument, where a value of a type is expected. */
function evaluateOperand(run: Run, dot: Value, node: Operand, type: ParameterType): Value {
  run.node = node;
  charge(run, 1);
  const alone: Invocation = { dot, words: [], final: null, node };
  switch (node.kind) {
    case 'dot':
      return acceptValue(run, dot, type);
    case 'nil':
      return acceptNil(run, type);
    case 'field':
      return acceptValue(run, followNames(run, dot, node.names, alone), type);
    case 'variable':
      return acceptValue(run, evaluateVariable(run, node, alone), type);
    case 'pipe':
      return acceptValue(run, evaluatePipe(run, dot, node), type);
    case 'function':
      return acceptValue(run, evaluateFunction(run, node, alone), type);
    case 'chain':
      return acceptValue(run, evaluateChain(run, node, alone), type);
    default:
      return acceptConstant(run, node, type);
  }
}
