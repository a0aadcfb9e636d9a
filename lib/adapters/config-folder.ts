import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { InvalidInput, type Issue } from '../model/issue.ts';

/** What a team edits, as it was read: paths are relative to the config folder, with forward slashes. */
export interface ConfigFiles {
  readonly folder: string;
  readonly texts: ReadonlyMap<string, string>;
  /** The exports of `rules/*.ts`, by path. */
  readonly modules: ReadonlyMap<string, Readonly<Record<string, unknown>>>;
}

const readable = /\.(ya?ml|json|tmpl|ts)$/;
/** What a module exported when it was packed for deployment; it keeps the module's name. */
const deployedModule = '.ts.json';
const MAX_FILES = 2000;

/**
 * Reads every YAML, JSON, template and rule module below a folder. `freshness` makes a changed module load anew. Throws InvalidInput
 * with every module that does not load.
 */
export async function readConfigFolder(folder: string, freshness: string): Promise<ConfigFiles> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile() && readable.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  if (paths.length > MAX_FILES)
    throw new Error(`config folder ${folder} holds ${paths.length} files, more than ${MAX_FILES}`);
  const texts = new Map<string, string>();
  const modules = new Map<string, Readonly<Record<string, unknown>>>();
  const issues: Issue[] = [];
  for (const path of paths) {
    const name = path.slice(join(folder, '/').length).replaceAll('\\', '/');
    if (name.endsWith(deployedModule))
      modules.set(name.slice(0, -'.json'.length), JSON.parse(await readFile(path, 'utf8')));
    else if (!name.endsWith('.ts')) texts.set(name, await readFile(path, 'utf8'));
    else {
      const loaded = await loadModule(`${pathToFileURL(path).href}?${freshness}`, name);
      if (loaded.issue === null) modules.set(name, loaded.exported);
      else issues.push(loaded.issue);
    }
  }
  if (issues.length > 0) throw new InvalidInput(issues);
  return { folder, texts, modules };
}

type Loaded =
  | { readonly issue: null; readonly exported: Readonly<Record<string, unknown>> }
  | { readonly issue: Issue };

/** What runs here is a user's program: whatever it throws is a mistake in their file. */
async function loadModule(url: string, file: string): Promise<Loaded> {
  try {
    return { issue: null, exported: await import(url) };
  } catch (error) {
    const message = `does not load: ${error instanceof Error ? error.message : String(error)}`;
    return { issue: { code: 'module', file, line: null, column: null, path: '', span: null, message, hint: null } };
  }
}
