import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  emptyFolder,
  eventually,
  freePort,
  type RunningProgram,
  requiredFolder,
  startProgram,
  startTocsin,
} from '../e2e/processes.ts';

/** A program that is measured, with an empty store of its own. */
export interface Contender {
  readonly url: string;
  /** Processor time since its start, user and system, seconds. */
  cpuSeconds(): number;
  /** Most memory that it has held so far, MB. */
  peakMb(): number;
  /** Ends it and removes what it stored. */
  stop(): Promise<void>;
}

const run = promisify(execFile);
const START_LIMIT_MS = 30_000;
/** Of /proc, on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

/** The local process with no rules, settings as shipped but for the age of samples and the log, in which Prometheus writes no requests. */
export async function startOurs(): Promise<Contender> {
  const folder = emptyFolder('bench');
  const config = join(folder, 'config');
  mkdirSync(config);
  writeFileSync(join(config, 'tocsin.yml'), 'ingest: { max_sample_age: 3h }\nlog: { level: warn }\n');
  writeFileSync(join(config, 'alertmanager.yml'), 'route: { receiver: none }\nreceivers: [{ name: none }]\n');
  const port = await freePort();
  const program = await startTocsin({ config, data: join(folder, 'data'), port });
  return contender(program, port, folder);
}

/** The binary of TOCSIN_PEERS as remote-write receiver that scrapes nothing, with flags besides. */
export async function startPrometheus(flags: readonly string[] = []): Promise<Contender> {
  const folder = emptyFolder('bench-prometheus');
  const config = join(folder, 'prometheus.yml');
  writeFileSync(config, 'scrape_configs: []\n');
  const port = await freePort();
  const program = startProgram(join(requiredFolder('TOCSIN_PEERS'), 'prometheus'), [
    `--config.file=${config}`,
    `--storage.tsdb.path=${join(folder, 'data')}`,
    `--web.listen-address=127.0.0.1:${port}`,
    '--web.enable-remote-write-receiver',
    '--web.console.templates=/nonexistent',
    '--web.console.libraries=/nonexistent',
    ...flags,
  ]);
  await eventually('prometheus is ready', START_LIMIT_MS, async () =>
    (await fetch(`http://127.0.0.1:${port}/-/ready`)).ok ? true : null,
  );
  return contender(program, port, folder);
}

function contender({ child, stop }: RunningProgram, port: number, folder: string): Contender {
  const of = (file: string): string => readFileSync(`/proc/${child.pid}/${file}`, 'utf8');
  return {
    url: `http://127.0.0.1:${port}`,
    cpuSeconds: () => {
      // Behind the name of the program, which may hold spaces: fields 14 and 15 are user and system time.
      const fields = of('stat')
        .replace(/^.*\) /s, '')
        .split(' ');
      return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
    },
    peakMb: () => Number(/^VmHWM:\s+(\d+) kB/m.exec(of('status'))?.[1]) / 1024,
    stop: async () => {
      await stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Runs a script of the folder bench in TOCSIN_SHARED to its end; gives what it printed. */
export async function runShared(script: string, args: readonly string[]): Promise<string> {
  const file = join(requiredFolder('TOCSIN_SHARED'), 'bench', script);
  return (await run(process.execPath, [file, ...args], { maxBuffer: 1 << 26 })).stdout;
}

/** The middle one; of an even number the mean of the two in the middle. */
export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  const upper = sorted[half] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[half - 1] ?? Number.NaN) + upper) / 2;
}

/** Lines of a Markdown table; the first column is text, the others are numbers. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const rule = head.map((_, column) => (column === 0 ? '---' : '---:'));
  return [head, rule, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** Three significant digits. */
export function threeDigits(value: number): string {
  if (!Number.isFinite(value)) return '–';
  const text = Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3);
  return text;
}
