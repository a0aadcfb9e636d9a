/**
 * `npm start`: becomes the local process in as little memory as it needs. A bundle of plain JavaScript takes the place of the
 * sources, so that neither the stripper of types nor what is never called stays in memory; then this process turns into Node with
 * the settings below, under the same number and on the same terminal. Where one of both cannot be, the sources or this process do.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, globSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const projectFolder = resolve(import.meta.dirname, '..', '..');
const cacheFolder = join(projectFolder, 'node_modules', '.cache', 'tocsin');
/** What a bundle is made of, beside the packages that the lock file names. */
const SOURCES = ['lib/**/*.ts', 'functions/*.ts', 'serverless.yml', 'package-lock.json'];
/** Bundles of other versions that stay: processes may run from them. */
const KEPT_BUNDLES = 4;

/**
 * Node sizes its heap for throughput on all the memory of the machine. Measured with test/bench/memory.ts: after 200 rounds of
 * queries on 10,000 series it held 509 MB, and with these 190 MB, in the same time.
 */
const NODE_FLAGS = [
  // Young objects are collected every megabyte and not every hundred.
  '--max-semi-space-size=1',
  // Old ones when they have grown by a fifth and not to several times their size.
  '--heap-growing-percent=20',
  // The compiler before the last: what stays hot soon has its best code, and small queries are a twentieth faster without, in 5 MB less.
  '--no-maglev',
];
const ENVIRONMENT = {
  // One pool for all threads, given back at its end: compiler threads otherwise keep one each, 20 MB of holes.
  MALLOC_ARENA_MAX: '1',
  MALLOC_TRIM_THRESHOLD_: '131072',
  // Arrays, bodies and what compilers work on apart from it, so that they leave no holes when they go: 5 to 10 MB, in the same time.
  MALLOC_MMAP_THRESHOLD_: '8192',
  // From the second start on nothing is compiled again before it is ready.
  NODE_COMPILE_CACHE: join(cacheFolder, 'compiled'),
};

/** The program to run: the bundle, made now when there is none of these sources. */
function programFile(): string {
  const folder = join(cacheFolder, 'bundles', digestOfSources());
  const bundled = join(folder, 'lib', 'local', 'run.mjs');
  if (existsSync(bundled)) return bundled;
  const bundler = join(projectFolder, 'lib', 'deploy', 'local-bundle.ts');
  const { status } = spawnSync(process.execPath, [bundler, folder], { stdio: ['ignore', 'ignore', 'inherit'] });
  if (status === 0) {
    removeOldBundles();
    return bundled;
  }
  process.stderr.write('no bundle could be made; running from the sources, which takes more memory\n');
  return join(import.meta.dirname, 'run.ts');
}

function digestOfSources(): string {
  const hash = createHash('sha256');
  for (const path of globSync(SOURCES, { cwd: projectFolder }).sort()) {
    const bytes = readFileSync(join(projectFolder, path));
    hash.update(`${path} ${bytes.length}\n`).update(bytes);
  }
  return hash.digest('hex').slice(0, 16);
}

function removeOldBundles(): void {
  const folder = join(cacheFolder, 'bundles');
  const newestFirst = readdirSync(folder)
    .map((name) => join(folder, name))
    // Another start may have renamed or removed some meanwhile.
    .map((path) => ({ path, madeAtMs: statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0 }))
    .sort((a, b) => b.madeAtMs - a.madeAtMs);
  for (const { path } of newestFirst.slice(KEPT_BUNDLES + 1)) rmSync(path, { recursive: true, force: true });
}

const file = programFile();
if (process.execve === undefined || process.platform === 'win32') await import(pathToFileURL(file).href);
else {
  const flags = [...NODE_FLAGS, ...process.execArgv];
  const args = process.argv.slice(2);
  // What the user has set goes before ours.
  process.execve(process.execPath, [process.execPath, ...flags, file, ...args], { ...ENVIRONMENT, ...process.env });
}
