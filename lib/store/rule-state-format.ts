import * as z from 'zod';
import { type LabelPair, type Labels, labelsFromPairs } from '../model/labels.ts';
import type { AlertState } from '../rules/alert-state.ts';
import type { AlertInstance } from '../rules/alerting-rule.ts';
import type { GroupState, RuleMemory, RuleState } from '../rules/group-state.ts';

/** Every text once; label sets are lists of positions in it, name and value in turn. Thousands of alerts share most of their texts. */
const positions = z.array(z.int().nonnegative());
/** JSON has no NaN and no infinities. */
const float = z.union([z.number(), z.enum(['NaN', '+Inf', '-Inf'])]);
const instant = z.int();
const active = { activeAtMs: instant };
const fired = { ...active, firedAtMs: instant, lastSentAtMs: instant.nullable() };
const alertState = z.discriminatedUnion('state', [
  z.object({ state: z.literal('pending'), ...active }),
  z.object({ state: z.literal('firing'), ...fired, absentSinceMs: instant.nullable() }),
  z.object({ state: z.literal('resolved'), ...fired, resolvedAtMs: instant }),
]) satisfies z.ZodType<AlertState>;
const instance = z.object({ labels: positions, annotations: positions, value: float, alert: alertState });
const memory = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('alerting'), instances: z.array(instance), orphans: z.array(positions) }),
  z.object({ kind: z.literal('recording'), series: z.array(positions) }),
]);
const stored = z.object({
  format: z.literal(1),
  texts: z.array(z.string()),
  lastEvalAtMs: instant,
  intervalMs: z.int(),
  startedAtMs: instant,
  durationMs: z.number(),
  missed: z.int(),
  rules: z.array(z.object({ key: z.string(), lastError: z.string().nullable(), durationMs: z.number(), memory })),
});

/** The state of a group as JSON. */
export function encodeGroupState(state: GroupState): string {
  const texts: string[] = [];
  const numbers = new Map<string, number>();
  const position = (text: string): number => {
    const known = numbers.get(text);
    if (known !== undefined) return known;
    numbers.set(text, texts.length);
    return texts.push(text) - 1;
  };
  const flat = (pairs: readonly LabelPair[]): number[] =>
    pairs.flatMap(([name, value]) => [position(name), position(value)]);
  const encodeMemory = (kept: RuleMemory): z.input<typeof memory> => {
    if (kept.kind === 'recording') return { kind: 'recording', series: kept.series.map(({ pairs }) => flat(pairs)) };
    const instances = kept.alerts.instances.map((one) => ({
      labels: flat(one.labels.pairs),
      annotations: flat(one.annotations),
      value: encodeFloat(one.value),
      alert: one.alert,
    }));
    return { kind: 'alerting', instances, orphans: kept.alerts.orphans.map(({ pairs }) => flat(pairs)) };
  };
  const rules = state.rules.map((rule) => ({ ...rule, memory: encodeMemory(rule.memory) }));
  return JSON.stringify({ format: 1, ...state, rules, texts } satisfies z.input<typeof stored>);
}

/** The other way; throws a plain Error for what no version of this program has written. */
export function decodeGroupState(text: string): GroupState {
  const parsed = stored.safeParse(JSON.parse(text));
  if (!parsed.success) throw new Error(`not the state of a rule group: ${z.prettifyError(parsed.error)}`);
  const { format: _, texts, rules, ...rest } = parsed.data;
  const pairs = (flat: readonly number[]): LabelPair[] => {
    const list: LabelPair[] = [];
    for (let i = 0; i + 1 < flat.length; i += 2)
      list.push([texts[flat[i] ?? -1] ?? '', texts[flat[i + 1] ?? -1] ?? '']);
    return list;
  };
  const labels = (flat: readonly number[]): Labels => labelsFromPairs(pairs(flat));
  const decodeInstance = (one: z.output<typeof instance>): AlertInstance => ({
    labels: labels(one.labels),
    annotations: pairs(one.annotations),
    value: decodeFloat(one.value),
    alert: one.alert,
  });
  const decodeMemory = (kept: z.output<typeof memory>): RuleMemory => {
    if (kept.kind === 'recording') return { kind: 'recording', series: kept.series.map(labels) };
    const alerts = { instances: kept.instances.map(decodeInstance), orphans: kept.orphans.map(labels) };
    return { kind: 'alerting', alerts };
  };
  const decoded = rules.map((rule): RuleState => ({ ...rule, memory: decodeMemory(rule.memory) }));
  return { ...rest, rules: decoded };
}

function encodeFloat(value: number): z.input<typeof float> {
  if (Number.isNaN(value)) return 'NaN';
  if (Number.isFinite(value)) return value;
  return value > 0 ? '+Inf' : '-Inf';
}

function decodeFloat(value: z.output<typeof float>): number {
  if (typeof value === 'number') return value;
  return { NaN: Number.NaN, '+Inf': Number.POSITIVE_INFINITY, '-Inf': Number.NEGATIVE_INFINITY }[value];
}
