import { type Document, isMap, isPair, isScalar, LineCounter, type Node, parseDocument } from 'yaml';
import * as z from 'zod';
import { parseDuration } from '../model/duration.ts';
import type { Issue } from '../model/issue.ts';

const duration = z.union([z.string(), z.literal(0)]).transform((text, context) => {
  const lengthMs = parseDuration(String(text));
  if (typeof lengthMs === 'number') return lengthMs;
  context.addIssue({ code: 'custom', message: `${lengthMs.error}; write it like 30s, 5m or 1h30m` });
  return z.NEVER;
});

const severityMap = z.record(z.string(), z.string());
const count = z.int().positive();

const receiverExtras = z.strictObject({
  /** Tocsin severity (or one of its aliases) to the receiver's own word. */
  severity_map: severityMap.default({}),
  /** Puts the alert's `runbook_url` annotation where the receiver shows links. */
  runbook_link: z.boolean().default(false),
  /** Writes each notification to the process log: the whole of a receiver without integrations, or beside them. */
  log: z.boolean().default(false),
});

/** The shape of `tocsin.yml`. Every key is optional; docs/configuration.md describes each. */
const settingsSchema = z.strictObject({
  external_url: z
    .url({ protocol: /^https?$/ })
    .nullable()
    .default(null),
  external_labels: z.record(z.string(), z.string()).default({}),
  rule_files: z.array(z.string()).default(['rules/*.yml', 'rules/*.yaml', 'rules/*.ts']),
  alertmanager_file: z.string().default('alertmanager.yml'),
  evaluation: z
    .strictObject({
      interval: duration.default(60_000),
      query_offset: duration.default(0),
      resend_delay: duration.default(60_000),
    })
    .prefault({}),
  query: z
    .strictObject({
      lookback_delta: duration.default(300_000),
      timeout: duration.default(25_000),
      max_samples: count.default(50_000_000),
      features: z
        .array(
          z.enum([
            'promql-experimental-functions',
            'promql-duration-expr',
            'promql-delayed-name-removal',
            'promql-extended-range-selectors',
            'promql-binop-fill-modifiers',
            'use-start-timestamps',
            'type-and-unit-labels',
          ]),
        )
        .default([]),
    })
    .prefault({}),
  ingest: z
    .strictObject({
      keep: z.enum(['all', 'rules']).default('all'),
      max_body_bytes: count.default(6_000_000),
      max_inflated_bytes: count.default(32_000_000),
      max_series_per_request: count.default(20_000),
      max_labels_per_series: count.default(64),
      max_label_name_bytes: count.default(256),
      max_label_value_bytes: count.default(4096),
      max_sample_age: duration.default(3_600_000),
      max_sample_future: duration.default(600_000),
    })
    .prefault({}),
  storage: z.strictObject({ retention: duration.default(15 * 86_400_000) }).prefault({}),
  severity: z
    .strictObject({
      scale: z.array(z.string()).min(1).default(['critical', 'error', 'warning', 'info']),
      aliases: z.record(z.string(), z.string()).default({ high: 'error', medium: 'warning', low: 'info' }),
    })
    .prefault({}),
  receivers: z.record(z.string(), receiverExtras).default({}),
  outbound: z
    .strictObject({
      /** Of one attempt. The function has 55 seconds in all, and writes down the outcome in the rest. */
      timeout: duration
        .refine((lengthMs) => lengthMs >= 1_000 && lengthMs <= 45_000, 'must be between 1s and 45s')
        .default(10_000),
      /** Null decides by place: allowed in the local process, refused in a function. */
      allow_private_addresses: z.boolean().nullable().default(null),
    })
    .prefault({}),
  log: z.strictObject({ level: z.enum(['debug', 'info', 'warn', 'error']).default('info') }).prefault({}),
});

/** `tocsin.yml` with every default filled in. Durations are milliseconds. */
export type Settings = z.output<typeof settingsSchema>;
export type ReceiverExtras = z.output<typeof receiverExtras>;

/** What `tocsin.yml` says, with defaults for what it does not say or says wrongly, and every mistake at its line and column. */
export interface SettingsDraft {
  readonly settings: Settings;
  readonly issues: readonly Issue[];
}

/** Parses `tocsin.yml`. An empty text gives the defaults. */
export function parseSettings(text: string, file: string): SettingsDraft {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  if (document.errors.length > 0) {
    return {
      settings: DEFAULTS,
      issues: document.errors.map((error) => syntaxIssue(placeAt(lines, error.pos[0]), file, error.message)),
    };
  }
  const source = { file, lines, root: document.contents };
  const written = plainValue(document);
  if (written === TOO_MANY_ALIASES) {
    return { settings: DEFAULTS, issues: [syntaxIssue(placeAt(lines, 0), file, 'its aliases stand for too much')] };
  }
  const parsed = settingsSchema.safeParse(written ?? {});
  if (parsed.success) return { settings: parsed.data, issues: contradictions(parsed.data, file) };
  const issues = parsed.error.issues.flatMap((issue) => issuesOf(issue, source));
  // The sections that are right count for the other files, whose mistakes are told as well.
  const wrong = new Set(issues.map(({ path }) => path.split('.')[0]));
  const right = isMap(document.contents) ? Object.entries(Object(written)).filter(([key]) => !wrong.has(key)) : [];
  const rest = settingsSchema.safeParse(Object.fromEntries(right));
  return { settings: rest.success ? rest.data : DEFAULTS, issues };
}

const DEFAULTS = settingsSchema.parse({});
const TOO_MANY_ALIASES = Symbol('too many aliases');

function plainValue(document: Document.Parsed): unknown {
  try {
    return document.toJS();
  } catch (error) {
    if (error instanceof ReferenceError) return TOO_MANY_ALIASES;
    throw error;
  }
}

function syntaxIssue(place: Pick<Issue, 'line' | 'column'>, file: string, message: string): Issue {
  return { ...place, code: 'yaml-syntax', file, path: '', span: null, message, hint: null };
}

interface Source {
  readonly file: string;
  readonly lines: LineCounter;
  readonly root: Node | null;
}

function issuesOf(issue: z.core.$ZodIssue, source: Source): Issue[] {
  const paths = issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...issue.path, key]) : [issue.path];
  return paths.map((path) => ({
    ...placeAt(source.lines, offsetOf(source.root, path)),
    code: issue.code === 'unrecognized_keys' ? 'unknown-field' : 'invalid-value',
    file: source.file,
    path: path.map(String).join('.'),
    span: null,
    message:
      issue.code === 'unrecognized_keys' ? `unknown field ${JSON.stringify(path.at(-1))}` : lowerFirst(issue.message),
    hint: issue.code === 'unrecognized_keys' ? 'docs/configuration.md lists the fields of tocsin.yml' : null,
  }));
}

function contradictions({ severity }: Settings, file: string): readonly Issue[] {
  const known = new Set(severity.scale);
  return Object.entries(severity.aliases)
    .filter(([, target]) => !known.has(target))
    .map(([alias, target]) => ({
      code: 'unknown-severity',
      file,
      line: null,
      column: null,
      path: `severity.aliases.${alias}`,
      span: null,
      message: `severity ${JSON.stringify(target)} is not on the scale`,
      hint: `one of ${severity.scale.join(', ')}`,
    }));
}

/** Offset of the deepest node on the path that the text has; 0 when there is none. */
function offsetOf(root: Node | null, path: readonly PropertyKey[]): number {
  let node: unknown = root;
  let offset = root?.range?.[0] ?? 0;
  for (const step of path) {
    if (!isMap(node)) break;
    const pair = node.items.find((item) => isPair(item) && isScalar(item.key) && item.key.value === step);
    if (pair === undefined) break;
    if (isScalar(pair.key)) offset = pair.key.range?.[0] ?? offset;
    node = pair.value;
  }
  return offset;
}

function placeAt(lines: LineCounter, offset: number): { line: number; column: number } {
  const { line, col } = lines.linePos(offset);
  return { line, column: col };
}

function lowerFirst(text: string): string {
  return text.slice(0, 1).toLowerCase() + text.slice(1);
}
