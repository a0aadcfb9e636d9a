import { resolve } from 'node:path';
import { InvalidInput, type Issue } from '../model/issue.ts';

/** What the command line of the local process says. Folders are absolute. */
export interface LocalOptions {
  readonly configFolder: string;
  readonly dataFolder: string;
  readonly host: string;
  readonly port: number;
  /** File with the hashes of who may call; null lets everyone in, which is for loopback only. */
  readonly authFile: string | null;
}

export const usage = `usage: npm start -- [--config DIR] [--data DIR] [--listen HOST:PORT] [--auth FILE]

  --config DIR        tocsin.yml, alertmanager.yml and rules/   (default: config)
  --data DIR          where everything is stored                (default: .tocsin)
  --listen HOST:PORT  where to answer                           (default: 127.0.0.1:9095)
  --auth FILE         who may call, one "NAME SCOPES HASH" a line; needed to listen on more than loopback
  --help              this text
`;

const flags = ['--config', '--data', '--listen', '--auth'] as const;
type Flag = (typeof flags)[number];

/** Reads the arguments; null asks for the usage text. Throws InvalidInput with every mistake. */
export function parseOptions(args: readonly string[], workingFolder: string): LocalOptions | null {
  if (args.includes('--help') || args.includes('-h')) return null;
  const { values, issues } = readFlags(args);
  const listen = values.get('--listen') ?? '127.0.0.1:9095';
  const [, host = '', portText = ''] = /^(\[[0-9a-fA-F:]+\]|[\w.-]*):(\d{1,5})$/.exec(listen) ?? [];
  const port = Number(portText);
  const authFile = values.get('--auth') ?? null;
  if (portText === '' || port > 65_535) {
    issues.push(flagIssue('--listen', `"${listen}" is not HOST:PORT`, 'like 127.0.0.1:9095'));
  } else if (authFile === null && !isLoopback(host)) {
    const hint = 'name a file of callers with --auth FILE, or listen on 127.0.0.1';
    issues.push(flagIssue('--listen', `would let in everyone who reaches "${listen}"`, hint));
  }
  if (issues.length > 0) throw new InvalidInput(issues);
  return {
    configFolder: resolve(workingFolder, values.get('--config') ?? 'config'),
    dataFolder: resolve(workingFolder, values.get('--data') ?? '.tocsin'),
    host: host === '' ? '0.0.0.0' : host.replace(/^\[|\]$/g, ''),
    port,
    authFile: authFile === null ? null : resolve(workingFolder, authFile),
  };
}

function readFlags(args: readonly string[]): { readonly values: ReadonlyMap<Flag, string>; readonly issues: Issue[] } {
  const values = new Map<Flag, string>();
  const issues: Issue[] = [];
  for (let at = 0; at < args.length; at++) {
    const [name = '', ...rest] = (args[at] ?? '').split('=');
    const flag = flags.find((known) => known === name);
    if (flag === undefined) {
      issues.push(flagIssue(name, 'unknown flag', `flags are ${flags.join(', ')} and --help`));
      continue;
    }
    const value = rest.length > 0 ? rest.join('=') : (args[++at] ?? '');
    if (value === '' || (rest.length === 0 && value.startsWith('--')))
      issues.push(flagIssue(flag, 'needs a value', null));
    if (values.has(flag)) issues.push(flagIssue(flag, 'is given twice', null));
    values.set(flag, value);
  }
  return { values, issues };
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);
}

function flagIssue(flag: string, message: string, hint: string | null): Issue {
  return { code: 'flag', file: null, line: null, column: null, path: flag, span: null, message, hint };
}
