import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

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

/** Reads every YAML, JSON, template and rule module below a folder. `freshness` makes a changed module load anew. */
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
  for (const path of paths) {
    const name = path.slice(join(folder, '/').length).replaceAll('\\', '/');
    if (name.endsWith(deployedModule))
      modules.set(name.slice(0, -'.json'.length), JSON.parse(await readFile(path, 'utf8')));
    else if (!name.endsWith('.ts')) texts.set(name, await readFile(path, 'utf8'));
    else modules.set(name, await import(`${pathToFileURL(path).href}?${freshness}`));
  }
  return { folder, texts, modules };
}
