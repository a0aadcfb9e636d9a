/** The local process with its flags and signals. `npm start` comes here by launch.ts. */
import { flushCompileCache } from 'node:module';
import { relative, resolve } from 'node:path';
import { InvalidInput } from '../model/issue.ts';
import { type LocalOptions, parseOptions, usage } from './options.ts';
import { type LocalProcess, startLocal } from './start.ts';

/** The project, or its bundle. */
const projectFolder = resolve(import.meta.dirname, '..', '..');
/** What has begun may take this long after SIGTERM; what then is still running comes again after the next start. */
const STOP_DEADLINE_MS = 15_000;

async function run(): Promise<void> {
  const options = parseOptions(process.argv.slice(2), process.cwd());
  if (options === null) {
    process.stdout.write(usage);
    return;
  }
  const running = await startLocal(options, projectFolder);
  process.on('SIGHUP', () => void running.reload());
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void stop(running));
  process.stdout.write(welcome(options, running.url));
  flushCompileCache();
}

function welcome({ configFolder, dataFolder }: LocalOptions, url: string): string {
  const shown = (folder: string): string => relative(process.cwd(), folder) || '.';
  return `Tocsin answers at ${url} (health: ${url}/health/detailed, metrics in: ${url}/api/v1/write), configured by ${shown(configFolder)}/, stored in ${shown(dataFolder)}/\n`;
}

async function stop(running: LocalProcess): Promise<void> {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => process.exit(1));
  setTimeout(() => process.exit(1), STOP_DEADLINE_MS).unref();
  await running.stop();
  process.exit(0);
}

/** For people: what is wrong, without our stack where the mistake is theirs. */
function explain(error: unknown): string {
  if (error instanceof InvalidInput) return error.message;
  if (error instanceof Error && error.name === 'UnusableStore') {
    return `${error.message}; nothing was changed, choose another folder with --data DIR or put a copy back`;
  }
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error ? error.code : null;
  if (code === 'EADDRINUSE')
    return 'another process listens there already; choose another place with --listen HOST:PORT';
  const path = 'path' in error ? error.path : '';
  if (code === 'ENOENT') return `${path} does not exist`;
  if (code === 'ENOTDIR') return `${path} is no folder`;
  if (code === 'EACCES') return `${path} may not be read`;
  return error.stack ?? error.message;
}

run().catch((error: unknown) => {
  process.stderr.write(`${explain(error)}\n`);
  process.exit(1);
});
