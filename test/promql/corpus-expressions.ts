import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { parse as parseYaml } from 'yaml';

const EVAL =
  /^eval(?:_(?:fail|warn|ordered|info))?\s+(?:instant\s+at\s+\S+|range\s+from\s+\S+\s+to\s+\S+\s+step\s+\S+)\s+(.*)$/i;

/** Rule files whose expressions are wrong on purpose. */
const BAD_RULES = /bad|invalid/;

/** Every expression in the conformance scripts and rule fixtures and in the example systems' rules and queries, once each. */
export function readCorpus(folder: string): readonly string[] {
  const found = new Set<string>();
  for (const file of filesUnder(join(folder, 'conformance'))) {
    if (extname(file) === '.test') addEvals(found, readFileSync(file, 'utf8'));
    else if (isYaml(file) && !BAD_RULES.test(file)) addRules(found, readFileSync(file, 'utf8'));
  }
  for (const file of filesUnder(join(folder, 'seeds'))) {
    if (isYaml(file) || extname(file) === '.json') addRules(found, readFileSync(file, 'utf8'));
    if (extname(file) === '.promql') addQueries(found, readFileSync(file, 'utf8'));
  }
  return [...found];
}

function filesUnder(folder: string): readonly string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

function isYaml(file: string): boolean {
  return ['.yml', '.yaml'].includes(extname(file));
}

function addEvals(found: Set<string>, script: string): void {
  for (const line of script.split('\n')) {
    const expression = EVAL.exec(line.trim())?.[1];
    if (expression !== undefined) found.add(expression);
  }
}

/** Queries with empty lines between them. */
function addQueries(found: Set<string>, text: string): void {
  for (const paragraph of text.split(/\n\s*\n/)) {
    const isQuery = paragraph.split('\n').some((line) => line.trim() !== '' && !line.trim().startsWith('#'));
    if (isQuery) found.add(paragraph.trim());
  }
}

/** Any `expr:` anywhere in a document, without asking what the document is. */
function addRules(found: Set<string>, document: string): void {
  let root: unknown;
  try {
    root = parseYaml(document, { logLevel: 'error' });
  } catch {
    return;
  }
  const visit = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    for (const [key, value] of Object.entries(node)) {
      if (key === 'expr' && typeof value === 'string' && value.trim() !== '') found.add(value.trim());
      else visit(value);
    }
  };
  visit(root);
}
