/**
 * `npm run build`: one small zip a function into dist/, the same bytes for the same sources. Each holds the minified bundle and the
 * config folder; source maps lie beside it in dist/ and are not deployed.
 */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildResult, build, type Plugin } from 'esbuild';
import { zipSync } from 'fflate';
import { parseManifest } from '../local/manifest.ts';
import { InvalidInput } from '../model/issue.ts';
import { awsPlugins } from './aws-plugins.ts';
import { packConfig } from './pack-config.ts';

const projectFolder = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..');
const outFolder = join(projectFolder, 'dist');
const MAX_ZIP_BYTES = 1_000_000;

/**
 * What no deployed function reaches. It never reloads its configuration, which was checked when it was packed, so the checker (it
 * reads all languages that a configuration has) stays out; and zod's error texts in fifty languages, of which English is used.
 */
const leaveOut: Plugin = {
  name: 'leave-out',
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /\/check-config\.ts$/ }, ({ path }) => ({ path, external: true }));
    onLoad({ filter: /\/zod\/v4\/locales\/index\.js$/ }, () => ({ contents: 'export {}' }));
  },
};

interface Zip {
  readonly name: string;
  readonly bundleBytes: number;
  readonly bytes: Uint8Array;
}

async function bundle(): Promise<readonly Zip[]> {
  const { functionNames } = parseManifest(
    await readFile(join(projectFolder, 'serverless.yml'), 'utf8'),
    'serverless.yml',
  );
  const config = await packConfig(join(projectFolder, 'config'), (warning) =>
    process.stderr.write(`warning: ${warning}\n`),
  );
  await rm(outFolder, { recursive: true, force: true });
  await mkdir(outFolder);
  const { outputFiles } = await buildAll(functionNames);
  const zips: Zip[] = [];
  for (const { path, contents } of outputFiles) {
    await writeFile(path, contents);
    const name = /([\w-]+)\.cjs$/.exec(path)?.[1];
    if (name === undefined) continue;
    const bytes = zip(new Map([[`dist/${name}.cjs`, contents], ...config]));
    await writeFile(join(outFolder, `${name}.zip`), bytes);
    zips.push({ name, bundleBytes: contents.byteLength, bytes });
  }
  return zips;
}

/** CommonJS: with the AWS SDK inside it loads a quarter faster than an ES module. */
function buildAll(names: readonly string[]): Promise<BuildResult<{ write: false }>> {
  return build({
    entryPoints: names.map((name) => join(projectFolder, 'functions', `${name}.ts`)),
    outdir: outFolder,
    outExtension: { '.js': '.cjs' },
    absWorkingDir: projectFolder,
    bundle: true,
    minify: true,
    write: false,
    format: 'cjs',
    platform: 'node',
    target: 'node24',
    mainFields: ['module', 'main'],
    sourcemap: 'external',
    sourcesContent: false,
    legalComments: 'none',
    logLevel: 'warning',
    // In a CommonJS bundle it would be undefined, silently.
    logOverride: { 'empty-import-meta': 'error' },
    plugins: [leaveOut, ...awsPlugins],
  });
}

/** Same entries, same bytes: sorted names, one time for all, readable by every user, as Lambda asks. */
function zip(entries: ReadonlyMap<string, Uint8Array>): Uint8Array {
  const mtime = new Date(1980, 0, 1);
  const attributes = { level: 9, mtime, os: 3, attrs: 0o100644 << 16 } as const;
  const sorted = [...entries].sort(([a], [b]) => (a < b ? -1 : 1));
  return zipSync(Object.fromEntries(sorted.map(([name, bytes]) => [name, [bytes, attributes]])));
}

bundle()
  .then((zips) => {
    const kilobytes = (bytes: number): string => `${(bytes / 1_000).toFixed(0)} KB`.padStart(8);
    for (const { name, bundleBytes, bytes } of zips) {
      console.log(`${name.padEnd(14)} bundle ${kilobytes(bundleBytes)}   zip ${kilobytes(bytes.byteLength)}`);
    }
    const large = zips.filter(({ bytes }) => bytes.byteLength > MAX_ZIP_BYTES).map(({ name }) => name);
    if (large.length > 0) throw new Error(`over ${MAX_ZIP_BYTES / 1_000} KB: ${large.join(', ')}`);
  })
  .catch((error: unknown) => {
    console.error(error instanceof InvalidInput ? error.message : error);
    process.exitCode = 1;
  });
