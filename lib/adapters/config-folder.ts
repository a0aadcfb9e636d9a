import { readdir, readFile, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Issue } from '../model/issue.ts';
import { withDeadline } from './deadline.ts';

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

/** A rule module that waits for something is a mistake. */
const MODULE_DEADLINE_MS = 10_000;

/**
 * Reads every YAML, JSON, template and rule module below a folder, also where links lead, but nothing in folders whose name begins with
 * a dot. `freshness` makes a changed module load anew. `issues` are the modules that do not load; the others are there.
 */
export async function readConfigFolder(
  folder: string,
  freshness: string,
): Promise<{ readonly files: ConfigFiles; readonly issues: readonly Issue[] }> {
  const paths = await readablePaths(folder);
  const texts = new Map<string, string>();
  const modules = new Map<string, Readonly<Record<string, unknown>>>();
  const issues: Issue[] = [];
  for (const path of paths) {
    const name = relative(folder, path).replaceAll('\\', '/');
    if (name.endsWith(deployedModule))
      modules.set(name.slice(0, -'.json'.length), JSON.parse(await readFile(path, 'utf8')));
    else if (!name.endsWith('.ts')) texts.set(name, await readFile(path, 'utf8'));
    else {
      const loaded = await loadModule(`${pathToFileURL(path).href}?${freshness}`, name);
      if (loaded.issue === null) modules.set(name, loaded.exported);
      else issues.push(loaded.issue);
    }
  }
  return { files: { folder, texts, modules }, issues };
}

/** Kubernetes mounts a ConfigMap as links into a folder called "..data". */
async function readablePaths(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths: string[] = [];
  for (const entry of entries) {
    const path = join(entry.parentPath, entry.name);
    const isHidden = relative(folder, entry.parentPath)
      .split(sep)
      .some((part) => part.startsWith('.'));
    if (isHidden || !readable.test(entry.name)) continue;
    if (entry.isFile() || (entry.isSymbolicLink() && (await stat(path)).isFile())) paths.push(path);
  }
  if (paths.length <= MAX_FILES) return paths.sort();
  throw new Error(`config folder ${folder} holds ${paths.length} files, more than ${MAX_FILES}`);
}

type Loaded =
  | { readonly issue: null; readonly exported: Readonly<Record<string, unknown>> }
  | { readonly issue: Issue };

/** What runs here is a user's program: whatever it throws is a mistake in their file. */
async function loadModule(url: string, file: string): Promise<Loaded> {
  try {
    return { issue: null, exported: await withDeadline(import(url), MODULE_DEADLINE_MS) };
  } catch (error) {
    const message = `does not load: ${error instanceof Error ? error.message : String(error)}`;
    return { issue: { code: 'module', file, line: null, column: null, path: '', span: null, message, hint: null } };
  }
}
