// Every command of the README, run as a newcomer would: in a fresh clone, in the order in which it stands there.
import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { emptyFolder, eventually } from './e2e/processes.ts';

const README_PORT = 9095;

/** The commands of all `sh` blocks, in order. */
function commandsOf(markdown: string): string[] {
  return [...markdown.matchAll(/^```sh\n([\s\S]*?)^```/gm)].flatMap((block) => (block[1] ?? '').trim().split('\n'));
}

/** Runs one command in a folder with a real shell; its whole output when it fails. */
function run(command: string, folder: string): string {
  const { status, stdout, stderr } = spawnSync('bash', ['-c', command], {
    cwd: folder,
    encoding: 'utf8',
    env: shellEnv(),
  });
  assert.equal(status, 0, `${command}\n${stdout}\n${stderr}`);
  return stdout;
}

// As in a newcomer's shell: without what this test run put in front of its path.
function shellEnv(): NodeJS.ProcessEnv {
  const path = (process.env['PATH'] ?? '').split(':').filter((part) => !part.includes('node_modules/.bin'));
  const env = Object.entries(process.env).filter(([name]) => !name.startsWith('NODE_') && !name.startsWith('npm_'));
  return { ...Object.fromEntries(env), PATH: path.join(':') };
}

/** `npm start` as the leader of a group of processes, which ends as a whole, as with Ctrl-C. */
function startNpm(folder: string): { output(): string; stop(): Promise<void> } {
  const child = spawn('npm', ['start'], {
    cwd: folder,
    env: shellEnv(),
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let written = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (written += chunk.toString()));
  return {
    output: () => written,
    stop: async () => {
      if (child.pid === undefined || child.exitCode !== null) return;
      process.kill(-child.pid, 'SIGTERM');
      await once(child, 'exit');
    },
  };
}

test('the commands of the README work, one after the other', async (context) => {
  const folder = join(emptyFolder('clone'), 'tocsin');
  execFileSync('git', ['clone', '-q', '.', folder]);
  const commands = commandsOf(readFileSync(join(folder, 'README.md'), 'utf8'));
  const expected = ['npm ci', 'npm start', 'npm test', 'npm run package'];
  for (const command of expected) assert.ok(commands.includes(command), `the README lacks ${command}`);
  run('npm ci', folder);
  const start = startNpm(folder);
  try {
    await eventually('npm start listens', 60_000, async () => {
      return (await fetch(`http://127.0.0.1:${README_PORT}/-/healthy`)).ok ? true : null;
    });
    const [hot = '', ...others] = commands.filter((command) => command.startsWith('curl'));
    const cold = others.pop() ?? '';
    run(hot, folder);
    for (const ask of others) {
      await eventually(`KitchenTooHot in the answer of ${ask}`, 30_000, () =>
        run(ask, folder).includes('KitchenTooHot') ? true : null,
      );
    }
    const notified = (status: string): Promise<boolean> =>
      eventually(`a notification that is ${status}`, 200_000, () => {
        const lines = start
          .output()
          .split('\n')
          .filter((line) => line.includes('"message":"notification"'));
        return lines.some((line) => line.includes(`"status":"${status}"`) && line.includes('KitchenTooHot'))
          ? true
          : null;
      });
    await notified('firing');
    run(cold, folder);
    await notified('resolved');
  } finally {
    await start.stop();
  }
  const test = run('npm test', folder);
  assert.match(test, /pass [1-9]/);
  run('npm run package', folder);
  context.diagnostic(`ran: ${commands.join(' | ')}`);
  rmSync(folder, { recursive: true, force: true });
});
