/**
 * `node lib/deploy/local-bundle.ts FOLDER`: the local process as plain JavaScript, made whole or not at all. FOLDER then looks like
 * the project to it: lib/local/run.mjs, functions/NAME.mjs and serverless.yml; what is loaded on demand is in chunks/.
 */
import { copyFile, mkdir, readFile, rename, rm } from 'node:fs/promises';
import { builtinModules } from 'node:module';
import { basename, dirname, join, resolve } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { parseManifest } from '../local/manifest.ts';

const projectFolder = resolve(import.meta.dirname, '..', '..');

async function bundleInto(folder: string): Promise<void> {
  const manifestFile = join(projectFolder, 'serverless.yml');
  const { functionNames } = parseManifest(await readFile(manifestFile, 'utf8'), basename(manifestFile));
  const unfinished = `${folder}.${process.pid}`;
  await mkdir(unfinished, { recursive: true });
  try {
    await build({
      entryPoints: ['lib/local/run.ts', ...functionNames.map((name) => `functions/${name}.ts`)],
      outdir: unfinished,
      outbase: projectFolder,
      outExtension: { '.js': '.mjs' },
      chunkNames: 'chunks/[name]-[hash]',
      absWorkingDir: projectFolder,
      bundle: true,
      splitting: true,
      // Identifiers stay: stack traces name functions as the sources do.
      minifyWhitespace: true,
      minifySyntax: true,
      format: 'esm',
      platform: 'node',
      target: 'node24',
      mainFields: ['module', 'main'],
      legalComments: 'none',
      logLevel: 'warning',
      plugins: [builtinsWhole, englishOnly],
    });
    await copyFile(manifestFile, join(unfinished, basename(manifestFile)));
    await renameUnlessThere(unfinished, folder);
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}

/** As an ES module node:http is read export by export, and one of them loads all of `fetch`: 11 MB and 15 ms of each start. */
const builtinsWhole: Plugin = {
  name: 'builtins-whole',
  setup: ({ onResolve, onLoad }) => {
    const names = new Set(builtinModules);
    onResolve({ filter: /^[a-z_:/]+$/ }, ({ path }) =>
      path.startsWith('node:') || names.has(path) ? { path, namespace: 'builtin' } : null,
    );
    onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule(${JSON.stringify(path)})`,
    }));
  },
};

/** zod has error texts in fifty languages, of which English is used. */
const englishOnly: Plugin = {
  name: 'english-only',
  setup: ({ onLoad }) => {
    onLoad({ filter: /\/zod\/v4\/locales\/index\.js$/ }, () => ({ contents: 'export {}' }));
  },
};

/** Another start may have made the same bundle meanwhile. */
async function renameUnlessThere(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  try {
    await rename(from, to);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null;
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error;
  }
}

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('usage: node lib/deploy/local-bundle.ts FOLDER');
await bundleInto(resolve(folder));
