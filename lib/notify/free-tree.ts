import { parse } from 'yaml';
import type { FreeValue } from '../alerts/config-values.ts';

/**
 * Renders every text and key of a free YAML tree. A rendered text that reads as something else in YAML (a number, a list, a
 * mapping, null) becomes that, so that `{{ .Alerts | toJson }}` is a real list. Keys are sorted.
 */
export function renderTree(tree: FreeValue, render: (template: string) => string): unknown {
  if (typeof tree === 'string') return resolveText(tree.includes('{{') ? render(tree) : tree);
  if (tree === null || typeof tree !== 'object') return tree;
  if (!(tree instanceof Map)) {
    // The compiler does not narrow a readonly array away from a readonly map.
    return (tree as readonly FreeValue[]).map((each) => renderTree(each, render));
  }
  const entries = [...tree].map(([key, each]: [string, FreeValue]): [string, unknown] => [
    render(key),
    renderTree(each, render),
  ]);
  return new Map(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function resolveText(text: string): unknown {
  try {
    const value: unknown = parse(text, { version: '1.1', prettyErrors: false, logLevel: 'silent', maxAliasCount: 10 });
    return typeof value === 'string' ? text : sortedKeys(value ?? null);
  } catch {
    return text;
  }
}

// A mapping that came out of a template has no order of its own; Go prints it sorted.
function sortedKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortedKeys);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, each]): [string, unknown] => [key, sortedKeys(each)]);
  return new Map(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}
