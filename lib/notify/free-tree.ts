import { type FreeValue, free } from '../alerts/config-values.ts';
import { openConfig } from '../alerts/config-yaml.ts';
import { InvalidInput } from '../model/issue.ts';

/**
 * Renders every text and key of a free YAML tree. A rendered text that reads as something else in YAML 1.1 (a number, a list, a
 * mapping, null) becomes that, so that `{{ .Alerts | toJson }}` is a real list. Keys are sorted.
 */
export function renderTree(tree: FreeValue, render: (template: string) => string): FreeValue {
  if (typeof tree === 'string') return resolveText(tree.includes('{{') ? render(tree) : tree);
  if (tree === null || typeof tree !== 'object') return tree;
  if (!isMap(tree)) return tree.map((each) => renderTree(each, render));
  return sorted([...tree].map(([key, each]) => [render(key), renderTree(each, render)]));
}

function isMap(tree: readonly FreeValue[] | ReadonlyMap<string, FreeValue>): tree is ReadonlyMap<string, FreeValue> {
  return tree instanceof Map;
}

/** What the text is in YAML; the text itself when it is no YAML, or a number that would lose digits. */
function resolveText(text: string): FreeValue {
  try {
    const { source, root } = openConfig(text, null);
    const value = free.decode(root);
    if (source.issues.length > 0 || typeof value === 'string') return text;
    return Number.isInteger(value) && !Number.isSafeInteger(value) ? text : sortedKeys(value);
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error;
    return text;
  }
}

// A mapping that came out of a template has no order of its own; Go prints it sorted.
function sortedKeys(value: FreeValue): FreeValue {
  if (value === null || typeof value !== 'object') return value;
  if (!isMap(value)) return value.map(sortedKeys);
  return sorted([...value].map(([key, each]) => [key, sortedKeys(each)]));
}

function sorted(entries: [string, FreeValue][]): FreeValue {
  return new Map(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}
