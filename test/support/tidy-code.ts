import type { Node } from 'acorn';
import type { Breach, SourceFile } from './source-files.ts';

/** Limits of STYLE.md on single files and functions. */
const limits = {
  fileLines: 400,
  testFileLines: 600,
  functionLines: 60,
  handlerLines: 40,
  parameters: 4,
  nesting: 3,
} as const;
const vagueNames = new Set(['data', 'info', 'obj', 'tmp', 'manager', 'helper', 'util', 'utils', 'helpers']);
const vagueFiles = /(^|\/)(index|utils?|helpers?|common|types)\.ts$/;
const nestingNodes = new Set([
  'IfStatement',
  'ForStatement',
  'ForInStatement',
  'ForOfStatement',
  'WhileStatement',
  'DoWhileStatement',
  'SwitchStatement',
  'TryStatement',
]);

/** Breaches of the rules on size, shape and names within one file. */
export function tidyCode(file: SourceFile): Breach[] {
  const breaches: Breach[] = [];
  const report = (rule: string, offset: number, message: string): void => {
    breaches.push({ path: file.path, line: file.lineOf(offset), rule, message });
  };
  const isTest = file.path.startsWith('test/');
  const lines = file.text.trimEnd().split('\n').length;
  const most = isTest
    ? limits.testFileLines
    : file.path.startsWith('functions/')
      ? limits.handlerLines
      : limits.fileLines;
  if (lines > most) report('file-length', 0, `${lines} lines; split along a concept (at most ${most})`);
  if (vagueFiles.test(file.path)) report('file-name', 0, 'name the file after what it holds');
  if (!/^[a-z0-9.-]+\.ts$/.test(file.path.split('/').at(-1) ?? '')) report('file-name', 0, 'file names are kebab-case');
  walk(file.program, null, 0, (node, parent, depth) => {
    if (/Function/.test(node.type)) measureFunction(file, node, isTest && parent?.type === 'CallExpression', report);
    if (depth > limits.nesting && nestingNodes.has(node.type)) {
      report(
        'nesting',
        node.start,
        `${depth} levels deep; return early or name a function (at most ${limits.nesting})`,
      );
    }
    for (const [name, offset] of declaredNames(node)) {
      if (vagueNames.has(name)) report('vague-name', offset, `"${name}" says nothing; use the field's word`);
    }
    if (node.type === 'ClassDeclaration') checkClass(node, report);
    if (node.type === 'ExportDefaultDeclaration') report('default-export', node.start, 'export by name');
    if (node.type === 'ExportAllDeclaration') report('barrel', node.start, 'import from the file that holds it');
  });
  tidyText(file, report);
  return breaches;
}

type Report = (rule: string, offset: number, message: string) => void;

function measureFunction(file: SourceFile, node: Node, isTestBody: boolean, report: Report): void {
  const lines = file.lineOf(node.end) - file.lineOf(node.start) + 1;
  if (lines > limits.functionLines && !isTestBody) {
    report('function-length', node.start, `${lines} lines; name its parts (at most ${limits.functionLines})`);
  }
  const params = childrenOf(node, 'params').length;
  if (params > limits.parameters) {
    report('parameters', node.start, `${params} parameters; take a record (at most ${limits.parameters})`);
  }
}

function checkClass(node: Node, report: Report): void {
  const [parent] = childrenOf(node, 'superClass');
  if (parent !== undefined && nameOf(parent) !== 'Error')
    report('inheritance', node.start, 'only errors extend a class');
}

/** Rules that need the types, which acorn does not see. */
function tidyText(file: SourceFile, report: Report): void {
  const rules: readonly (readonly [RegExp, string, string])[] = [
    [/[:<,|&(]\s*any\b(?!\s*[(:=])/g, 'any', 'use unknown and decode it'],
    [/[\w)\]]!(?=[.;,)\]\s[])(?!=)/g, 'non-null', 'handle the absent case'],
    [/^\s*(export\s+)?(const\s+)?enum\s/gm, 'enum', 'use a union of literals'],
    [/^\s*(export\s+)?namespace\s/gm, 'namespace', 'use a module'],
    [/^\s*@\w+/gm, 'decorator', 'use a function'],
  ];
  for (const [pattern, rule, message] of rules) {
    for (const match of file.code.matchAll(pattern)) report(rule, match.index, message);
  }
  for (const comment of file.comments) {
    if (/^\s*[-=*#]{6,}/.test(comment.value)) report('banner', comment.start, 'no banners');
    if (/\b(TODO|FIXME|XXX|HACK)\b/.test(comment.value) && !/#\d+|https?:/.test(comment.value)) {
      report('todo', comment.start, 'link the issue');
    }
    if (/^\s*(const|let|return|if|for|import|await)\b.*[;{]\s*$/.test(comment.value)) {
      report('commented-code', comment.start, 'delete it');
    }
  }
}

function declaredNames(node: Node): [string, number][] {
  const patterns =
    node.type === 'VariableDeclarator'
      ? childrenOf(node, 'id')
      : /Function/.test(node.type)
        ? childrenOf(node, 'params')
        : [];
  return patterns.flatMap((pattern): [string, number][] => {
    const name = nameOf(pattern);
    return name === null ? [] : [[name, pattern.start]];
  });
}

function nameOf(node: Node): string | null {
  return 'name' in node && typeof node.name === 'string' ? node.name : null;
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && 'start' in value;
}

/** The nodes under one property of a node. */
function childrenOf(node: Node, property: string): Node[] {
  const value: unknown = Object.entries(node).find(([key]) => key === property)?.[1];
  return (Array.isArray(value) ? value : [value]).filter(isNode);
}

/** Visits every node with its parent and the number of nested blocks of control flow it stands in, within its function. */
export function walk(
  node: Node,
  parent: Node | null,
  depth: number,
  visit: (node: Node, parent: Node | null, depth: number) => void,
): void {
  const isElseIf = node.type === 'IfStatement' && parent?.type === 'IfStatement';
  const own = /Function/.test(node.type) ? 0 : nestingNodes.has(node.type) && !isElseIf ? depth + 1 : depth;
  visit(node, parent, own);
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? value : [value]) if (isNode(child)) walk(child, node, own, visit);
  }
}
