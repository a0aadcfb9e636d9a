import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** A program that runs until it is stopped. */
export interface RunningProgram {
  readonly child: ChildProcess;
  /** Everything it has written so far. */
  output(): string;
  /** Ends it with a signal and waits. */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

/** A folder of a required environment variable; fails loudly when it is missing. */
export function requiredFolder(variable: 'TOCSIN_SHARED' | 'TOCSIN_PEERS'): string {
  const folder = process.env[variable] ?? '';
  if (folder === '') throw new Error(`${variable} must name a folder; .ci/run sets it`);
  return folder;
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** An empty folder of its own. */
export function emptyFolder(name: string): string {
  return mkdtempSync(join(tmpdir(), `tocsin-${name}-`));
}

/** Starts a program; its end is part of the test's. */
export function startProgram(command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): RunningProgram {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } });
  let written = '';
  child.stdout.on('data', (chunk: Buffer) => (written += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (written += chunk.toString()));
  const kill = (): void => void child.kill('SIGKILL');
  process.once('exit', kill);
  return {
    child,
    output: () => written,
    stop: async (signal = 'SIGTERM') => {
      process.removeListener('exit', kill);
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill(signal);
      await once(child, 'exit');
    },
  };
}

/** Waits until `check` gives something, at most `limitMs`; says what was awaited when it does not. */
export async function eventually<T>(
  what: string,
  limitMs: number,
  check: () => Promise<T | null> | T | null,
): Promise<T> {
  const deadlineMs = Date.now() + limitMs;
  let last: unknown = null;
  while (Date.now() < deadlineMs) {
    try {
      const found = await check();
      if (found !== null) return found;
    } catch (error) {
      last = error;
    }
    await sleep(50);
  }
  throw new Error(`${what}: not within ${limitMs} ms${last === null ? '' : `; last: ${String(last)}`}`);
}

/** Starts the local process on a config folder and waits until it answers. */
export async function startTocsin(options: {
  readonly config: string;
  readonly data: string;
  readonly port: number;
}): Promise<RunningProgram> {
  const { config, data: store, port } = options;
  const node = join('node_modules', '.bin', 'node');
  const program = startProgram(node, [
    'lib/local/launch.ts',
    '--config',
    config,
    '--data',
    store,
    '--listen',
    `127.0.0.1:${port}`,
  ]);
  await eventually('tocsin is ready', 20_000, async () => {
    if (program.child.exitCode !== null) throw new Error(`tocsin ended: ${program.output()}`);
    const answer = await fetch(`http://127.0.0.1:${port}/-/healthy`);
    return answer.ok ? true : null;
  });
  return program;
}
