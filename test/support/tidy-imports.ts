import { dirname, join } from 'node:path/posix';
import type { Node } from 'acorn';
import type { Breach, SourceFile } from './source-files.ts';
import { walk } from './tidy-code.ts';

interface Room {
  /** Rooms of lib it may import, beside itself. */
  readonly rooms: readonly string[];
  /** Packages and built-in modules it may import; a trailing * stands for any ending. */
  readonly packages: readonly string[];
}

const pure = ['model', 'promql', 'series', 'templates', 'rules', 'alerts', 'notify', 'ingest'];
const inner = [...pure, 'ports', 'store'];

/** Who may import whom: the table of LAYOUT.md. Nothing points up. */
const rooms: Readonly<Record<string, Room>> = {
  model: { rooms: [], packages: ['re2js', 'node:crypto'] },
  series: { rooms: ['model'], packages: ['re2js', 'node:zlib'] },
  promql: { rooms: ['model', 'series'], packages: ['re2js'] },
  templates: { rooms: ['model'], packages: ['re2js'] },
  ingest: { rooms: ['model', 'series'], packages: ['pbf', 'zod'] },
  rules: { rooms: ['model', 'promql', 'series', 'templates'], packages: ['yaml', 'zod'] },
  alerts: { rooms: ['model'], packages: ['yaml', 'zod'] },
  notify: { rooms: ['model', 'ports', 'templates', 'alerts'], packages: ['node:crypto', 'yaml'] },
  ports: { rooms: ['model'], packages: [] },
  store: { rooms: ['model', 'ports', ...pure], packages: ['zod'] },
  services: { rooms: inner, packages: ['zod'] },
  api: { rooms: [...pure, 'services', 'ports', 'store'], packages: ['zod'] },
  adapters: {
    rooms: ['model', 'ports'],
    packages: ['@aws-sdk/*', '@smithy/*', '@slack/web-api', 'nodemailer', 'nodemailer/*', 'node:*'],
  },
  app: { rooms: [...inner, 'services', 'api', 'adapters'], packages: ['node:*', 'yaml', 'zod'] },
  lambda: { rooms: ['app', 'api', 'model', 'ports', 'services'], packages: ['aws-lambda', 'node:*'] },
  functions: { rooms: ['lambda', 'api', 'app', 'services', 'model'], packages: ['aws-lambda'] },
  local: {
    rooms: ['app', 'api', 'adapters', 'lambda', 'ports', ...pure],
    packages: ['node:*', 'yaml', 'zod', 'aws-lambda'],
  },
  cli: { rooms: ['app', 'api', 'adapters', 'services', ...pure], packages: ['node:*', 'yaml'] },
  deploy: { rooms: ['app', 'rules', 'model', 'local'], packages: ['node:*', 'esbuild', 'fflate', 'yaml'] },
};

const forbiddenInPure: readonly (readonly [RegExp, string])[] = [
  [/\bPromise\b|\basync\b|\bawait\b/g, 'no promises: load first, then decide'],
  [/(?<![.\w])Date\b(?!TimeFormat)/g, 'no Date: time is an argument'],
  [/\bMath\.random\b/g, 'no randomness: take it as an argument'],
  [/(?<![.\w])process\b(?=\s*\.)/g, 'no process'],
  [/(?<![.\w])fetch\s*\(/g, 'no fetch'],
  [/(?<![.\w])console\./g, 'no logging in the core'],
  [/(?<![.\w])set(Timeout|Interval|Immediate)\b/g, 'no timers'],
];

/** Breaches of the import graph, of the purity of the core, and of the rule that only app/config.ts reads the environment. */
export function tidyImports(file: SourceFile): Breach[] {
  const breaches: Breach[] = [];
  const report = (rule: string, offset: number, message: string): void => {
    breaches.push({ path: file.path, line: file.lineOf(offset), rule, message });
  };
  const name = roomOf(file.path);
  if (name === null) return [];
  const room = rooms[name];
  if (room === undefined) {
    report('layout', 0, `lib/${name} is not a room of the layout`);
    return breaches;
  }
  for (const [specifier, offset] of importsOf(file)) {
    const target = specifier.startsWith('.') ? roomOf(join(dirname(file.path), specifier)) : null;
    if (target === null && !specifier.startsWith('.')) {
      if (!room.packages.some((allowed) => isAllowed(allowed, specifier)))
        report('import', offset, `${name} may not use ${specifier}`);
    } else if (target !== name && !room.rooms.includes(target ?? '')) {
      report('import', offset, `${name} may not import ${target ?? specifier}`);
    }
  }
  if (pure.includes(name)) {
    for (const [pattern, message] of forbiddenInPure) {
      for (const match of file.code.matchAll(pattern)) report('pure', match.index, message);
    }
  }
  // The launcher hands the environment on, unread.
  if (file.path !== 'lib/app/config.ts' && file.path !== 'lib/local/launch.ts') {
    for (const match of file.code.matchAll(/\bprocess\.env\b/g))
      report('environment', match.index, 'only lib/app/config.ts reads the environment');
  }
  return breaches;
}

/** Room of a path: "promql" for lib/promql/ast.ts, "functions" for functions/x.ts; null outside both. */
function roomOf(path: string): string | null {
  const [top, second = ''] = path.split('/');
  if (top === 'functions') return top;
  return top === 'lib' ? second.replace(/\.ts$/, '') : null;
}

function isAllowed(pattern: string, specifier: string): boolean {
  return pattern.endsWith('*') ? specifier.startsWith(pattern.slice(0, -1)) : specifier === pattern;
}

/** Every specifier a file imports, type-only ones included, with its offset. */
export function importsOf(file: SourceFile): [string, number][] {
  const found = [...file.text.matchAll(/^(?:import|export)\s[^;]*?\sfrom\s+'([^']+)'/gm)].map(
    (match): [string, number] => [match[1] ?? '', match.index],
  );
  walk(file.program, null, 0, (node: Node) => {
    if (node.type !== 'ImportExpression') return;
    const literal = /['"]([^'"]+)['"]/.exec(file.text.slice(node.start, node.end))?.[1];
    if (literal !== undefined) found.push([literal, node.start]);
  });
  return found;
}

/** Import cycles among the files, types included: each as the list of its paths. */
export function importCycles(files: readonly SourceFile[]): string[][] {
  const targets = new Map(
    files.map((file) => [
      file.path,
      importsOf(file)
        .filter(([specifier]) => specifier.startsWith('.'))
        .map(([specifier]) => join(dirname(file.path), specifier)),
    ]),
  );
  const cycles: string[][] = [];
  const done = new Set<string>();
  const visit = (path: string, trail: readonly string[]): void => {
    const start = trail.indexOf(path);
    if (start >= 0) cycles.push([...trail.slice(start), path]);
    if (start >= 0 || done.has(path)) return;
    for (const target of targets.get(path) ?? []) visit(target, [...trail, path]);
    done.add(path);
  };
  for (const path of targets.keys()) visit(path, []);
  return cycles;
}
