/**
 * Rules in TypeScript: `config/rules/*.ts` exports `groups`, and gets the same checks as a YAML file, the types on top.
 *
 *     export const groups = defineGroups([
 *       {
 *         name: 'api',
 *         rules: [
 *           {
 *             name: 'HighLatency',
 *             query: 'http_request_duration_p99 > 1.0',
 *             duration: '5m',
 *             severity: 'warning',
 *             labels: { team: 'platform' },
 *             annotations: { summary: 'High API latency detected' },
 *             runbook: 'https://runbooks.example.org/high-latency',
 *           },
 *           { record: 'job:errors:rate5m', query: 'sum by (job) (rate(errors_total[5m]))' },
 *         ],
 *       },
 *     ]);
 */
import * as z from 'zod';
import { parseDuration } from '../model/duration.ts';
import type { Issue } from '../model/issue.ts';
import { type CheckedGroups, checkGroups } from './rule-check.ts';
import type { RuleDefaults } from './rule-group.ts';
import type { WrittenGroup, WrittenPair, WrittenRule } from './written-rules.ts';

/** The severities a typed rule may have: the scale of tocsin.yml and its usual aliases. */
const SEVERITIES = ['critical', 'high', 'error', 'medium', 'warning', 'low', 'info'] as const;
export type Severity = (typeof SEVERITIES)[number];

type Length = `${number}${'ms' | 's' | 'm' | 'h' | 'd' | 'w' | 'y'}`;
/** A Prometheus duration: `30s`, `1h30m`. */
export type Duration = Length | `${Length}${Length}`;

/** PromQL, under either name. */
type Query =
  | { readonly query: string; readonly expression?: never }
  | { readonly expression: string; readonly query?: never };

type Texts = Readonly<Record<string, string>>;

export type TypedAlert = Query & {
  readonly name: string;
  readonly record?: never;
  /** How long the condition must hold before the alert fires; at once when left out. */
  readonly duration?: Duration;
  /** How long the alert keeps firing after its condition ended. */
  readonly keepFiringFor?: Duration;
  /** Becomes the label `severity`. */
  readonly severity: Severity;
  /** Templates may stand in values, here and in annotations. */
  readonly labels?: Texts;
  readonly annotations?: Texts;
  /** Address of the page that says what to do. Becomes the annotation `runbook_url`. */
  readonly runbook?: string;
};

export type TypedRecording = Query & { readonly record: string; readonly labels?: Texts } & {
  readonly [field in 'name' | 'duration' | 'keepFiringFor' | 'severity' | 'annotations' | 'runbook']?: never;
};

export interface TypedGroup {
  readonly name: string;
  readonly interval?: Duration;
  readonly queryOffset?: Duration;
  /** Most alerts or series one rule may yield. */
  readonly limit?: number;
  /** Added to every rule; the rule's own win. */
  readonly labels?: Texts;
  readonly rules: readonly (TypedAlert | TypedRecording)[];
}

/** Gives the groups their type, so that a mistake is underlined where it is written. */
export function defineGroups(groups: readonly TypedGroup[]): readonly TypedGroup[] {
  return groups;
}

const length = z.string().transform((text, context) => {
  const lengthMs = parseDuration(text);
  if (typeof lengthMs === 'number') return lengthMs;
  context.addIssue({ code: 'custom', message: lengthMs.error });
  return z.NEVER;
});
const texts = z.record(z.string(), z.string()).default({});
const either = { query: z.string().optional(), expression: z.string().optional() };

const hasOneQuery = (rule: {
  readonly query?: string | undefined;
  readonly expression?: string | undefined;
}): boolean => rule.query === undefined || rule.expression === undefined;
const oneQuery = 'only one of query and expression must be set';

const alertSchema = z
  .strictObject({
    ...either,
    name: z.string(),
    duration: length.optional(),
    keepFiringFor: length.optional(),
    severity: z.enum(SEVERITIES),
    labels: texts,
    annotations: texts,
    runbook: z.url({ protocol: /^https?$/ }).optional(),
  })
  .refine(hasOneQuery, oneQuery);

const recordingSchema = z.strictObject({ ...either, record: z.string(), labels: texts }).refine(hasOneQuery, oneQuery);

const groupSchema = z.strictObject({
  name: z.string(),
  interval: length.optional(),
  queryOffset: length.optional(),
  limit: z.int().default(0),
  labels: texts,
  rules: z.array(z.unknown()),
});

/** Checks what a module exports as `groups`. All issues are collected; module code keeps no places, so paths say where. */
export function readRuleModule(
  file: string,
  exported: Readonly<Record<string, unknown>>,
  defaults: RuleDefaults,
): CheckedGroups {
  const issues: Issue[] = [];
  const decode = <T>(schema: z.ZodType<T>, value: unknown, path: string): T | null => {
    const parsed = schema.safeParse(value);
    if (parsed.success) return parsed.data;
    issues.push(...parsed.error.issues.map((issue) => moduleIssue(file, path, issue)));
    return null;
  };
  const listed =
    decode(z.array(z.unknown(), 'export const groups = defineGroups([…])'), exported['groups'], 'groups') ?? [];
  const written = listed.flatMap((value, index): WrittenGroup[] => {
    const path = `groups[${index}]`;
    const group = decode(groupSchema, value, path);
    if (group === null) return [];
    const rules = group.rules.flatMap((rule, ruleIndex): WrittenRule[] => {
      const rulePath = `${path}.rules[${ruleIndex}]`;
      if (typeof rule === 'object' && rule !== null && 'record' in rule) {
        const recording = decode(recordingSchema, rule, rulePath);
        return recording === null ? [] : [writtenRecording(recording, rulePath)];
      }
      const alert = decode(alertSchema, rule, rulePath);
      return alert === null ? [] : [writtenAlert(alert, rulePath)];
    });
    return [writtenGroup(group, path, rules)];
  });
  const checked = checkGroups(file, written, defaults);
  const all = [...issues, ...checked.issues];
  return { groups: all.length === 0 ? checked.groups : [], issues: all };
}

function writtenGroup(group: z.output<typeof groupSchema>, path: string, rules: readonly WrittenRule[]): WrittenGroup {
  return {
    path,
    place: null,
    name: { text: group.name, place: null },
    intervalMs: group.interval ?? null,
    queryOffsetMs: group.queryOffset ?? null,
    limit: group.limit,
    labels: pairsOf(group.labels),
    rules,
  };
}

function writtenAlert(alert: z.output<typeof alertSchema>, path: string): WrittenRule {
  const runbook = alert.runbook === undefined ? {} : { runbook_url: alert.runbook };
  return {
    path,
    place: null,
    record: null,
    alert: { text: alert.name, place: null },
    expr: queryOf(alert),
    forMs: alert.duration ?? null,
    keepFiringForMs: alert.keepFiringFor ?? null,
    labels: pairsOf({ ...alert.labels, severity: alert.severity }),
    annotations: pairsOf({ ...alert.annotations, ...runbook }),
  };
}

function writtenRecording(recording: z.output<typeof recordingSchema>, path: string): WrittenRule {
  return {
    path,
    place: null,
    record: { text: recording.record, place: null },
    alert: null,
    expr: queryOf(recording),
    forMs: null,
    keepFiringForMs: null,
    labels: pairsOf(recording.labels),
    annotations: [],
  };
}

function queryOf(rule: {
  readonly query?: string | undefined;
  readonly expression?: string | undefined;
}): WrittenRule['expr'] {
  const text = rule.query ?? rule.expression;
  return text === undefined ? null : { text, place: null };
}

function pairsOf(record: Texts): readonly WrittenPair[] {
  return Object.entries(record).map(([name, value]) => ({ name, value, place: null }));
}

function moduleIssue(file: string, path: string, issue: z.core.$ZodIssue): Issue {
  const steps = issue.path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`));
  const message = issue.message.slice(0, 1).toLowerCase() + issue.message.slice(1);
  return {
    code: issue.code === 'unrecognized_keys' ? 'unknown-field' : 'invalid-value',
    file,
    line: null,
    column: null,
    path: `${path}${steps.join('')}`,
    span: null,
    message,
    hint: null,
  };
}
