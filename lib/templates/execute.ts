import { assignVariable, evaluatePipe } from './evaluate.ts';
import { formatValue, sortedKeys } from './go-format.ts';
import { applyEscaper } from './html-escapers.ts';
import { charge, deeper, fail, failing, type Run } from './run.ts';
import type { ActionNode, BranchNode, RangeNode, Statement, TemplateNode } from './syntax.ts';
import { intValue, isTrue, type Value } from './value.ts';

/** How a block was left. */
type Exit = 'end' | 'break' | 'continue';

/** Executes the body of `run.template` on `dot`, writing to `run.out`. */
export function executeBody(run: Run, dot: Value): void {
  executeBlock(run, dot, run.template.body);
}

function executeBlock(run: Run, dot: Value, nodes: readonly Statement[]): Exit {
  const visible = run.variables.length;
  const exit = deeper(run, () => {
    for (const node of nodes) {
      const left = executeStatement(run, dot, node);
      if (left !== 'end') return left;
    }
    return 'end';
  });
  run.variables.length = visible;
  return exit;
}

function executeStatement(run: Run, dot: Value, node: Statement): Exit {
  charge(run, 1);
  run.node = node;
  switch (node.kind) {
    case 'text':
      write(run, node.text);
      return 'end';
    case 'action':
      executeAction(run, dot, node);
      return 'end';
    case 'if':
    case 'with':
      return executeBranch(run, dot, node);
    case 'range':
      return executeRange(run, dot, node);
    case 'template':
      executeTemplateCall(run, dot, node);
      return 'end';
    case 'break':
    case 'continue':
      return node.kind;
  }
}

function write(run: Run, text: string): void {
  failing(run, { prefix: '', node: run.node }, () => run.out.add(text));
}

function executeAction(run: Run, dot: Value, node: ActionNode): void {
  const value = evaluatePipe(run, dot, node.pipe);
  if (node.pipe.variables.length > 0) return;
  run.node = node;
  const text = failing(run, { prefix: '', node: run.node }, () => {
    if (node.escapers.length > 0) return formatValue(node.escapers.reduce(applyEscaper, value));
    return value === null ? '<no value>' : formatReferent(value);
  });
  write(run, text);
}

/** What a pointer points to prints without the `&`. */
function formatReferent(value: Value): string {
  if (typeof value !== 'object' || value?.kind !== 'struct') return formatValue(value);
  return formatValue({ ...value, type: value.type.replace('*', '') });
}

function executeBranch(run: Run, dot: Value, node: BranchNode): Exit {
  const visible = run.variables.length;
  const value = evaluatePipe(run, dot, node.pipe);
  const inner = node.kind === 'with' ? value : dot;
  let exit: Exit = 'end';
  if (isTrue(value)) exit = executeBlock(run, inner, node.body);
  else if (node.otherwise !== null) exit = executeBlock(run, dot, node.otherwise);
  run.variables.length = visible;
  return exit;
}

function executeRange(run: Run, dot: Value, node: RangeNode): Exit {
  const visible = run.variables.length;
  const subject = evaluatePipe(run, dot, node.pipe);
  const declared = run.variables.length;
  let isEmpty = true;
  for (const [key, element] of iterate(run, subject, node)) {
    isEmpty = false;
    setRangeVariables(run, node, key, element);
    const exit = executeBlock(run, element, node.body);
    run.variables.length = declared;
    if (exit === 'break') break;
  }
  run.variables.length = visible;
  if (isEmpty && node.otherwise !== null) return executeBlock(run, dot, node.otherwise);
  return 'end';
}

/** Keys and elements: of a list by index, of a map by key in byte order, of an integer the numbers below it. */
function* iterate(run: Run, subject: Value, node: RangeNode): Generator<readonly [Value, Value]> {
  if (subject === null) return;
  if (typeof subject === 'object' && subject.kind === 'slice') {
    for (const [i, item] of subject.items.entries()) yield [intValue(i), item];
  } else if (typeof subject === 'object' && subject.kind === 'map') {
    for (const key of sortedKeys(subject)) yield [key, subject.entries.get(key) ?? subject.zero];
  } else if (typeof subject === 'object' && subject.kind === 'int') {
    if (node.pipe.variables.length > 1)
      fail(run, `can't use ${formatValue(subject)} to iterate over more than one variable`);
    for (let i = 0n; i < subject.value; i++) yield [intValue(i, subject.type), intValue(i, subject.type)];
  } else {
    fail(run, `range can't iterate over ${failing(run, { prefix: '', node: run.node }, () => formatValue(subject))}`);
  }
}

/** One variable takes the element, two take key and element. */
function setRangeVariables(run: Run, node: RangeNode, key: Value, element: Value): void {
  const { variables, isAssignment } = node.pipe;
  const values = variables.length === 2 ? [key, element] : [element];
  variables.forEach((name, i) => {
    if (isAssignment) assignVariable(run, name, values[i] ?? null);
    else setInnermost(run, variables.length - i, values[i] ?? null);
  });
}

function setInnermost(run: Run, fromEnd: number, value: Value): void {
  const variable = run.variables[run.variables.length - fromEnd];
  if (variable !== undefined) variable.value = value;
}

function executeTemplateCall(run: Run, dot: Value, node: TemplateNode): void {
  const called = run.templates.get(node.name);
  if (called === undefined) fail(run, `template ${JSON.stringify(node.name)} not defined`);
  const argument = node.pipe === null ? null : evaluatePipe(run, dot, node.pipe);
  const outer = { template: run.template, variables: run.variables };
  run.template = called;
  run.variables = [{ name: '$', value: argument }];
  executeBlock(run, argument, called.body);
  run.template = outer.template;
  run.variables = outer.variables;
}
