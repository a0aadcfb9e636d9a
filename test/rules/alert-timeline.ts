import assert from 'node:assert/strict';
import { labelsToRecord } from '../../lib/model/labels.ts';
import { slotAtOrBefore } from '../../lib/rules/due-groups.ts';
import type { EvaluationWorld, Heard } from './evaluation-world.ts';
import { MINUTE, START } from './evaluation-world.ts';

/** Samples come every 15 s, evaluations every 30 s, at the even ones. */
const SAMPLE_STEP_MS = 15_000;

/** A series by the value it takes on from some sample on. */
export interface SeriesPlan {
  readonly labels: Record<string, string>;
  readonly values: readonly (readonly [fromSample: number, value: number])[];
}

/** What was seen after the evaluation at one sample. */
interface Seen {
  readonly sample: number;
  /** By alert name and variant: "pending 11". */
  readonly states: ReadonlyMap<string, string>;
  readonly heard: readonly Heard[];
}

export interface Timeline {
  /** Changes of one alert: "8 pending 11", "70 inactive". */
  changes(alert: string): readonly string[];
  /** Samples at which the router was told of an alert, and what: "32 firing". */
  told(alert: string): readonly string[];
  /** The last thing the router was told of an alert. */
  lastHeard(alert: string): Heard;
}

/** Lets one group of a world live through the given samples. An alert is called by its name and, if it has one, its label `variant`. */
export async function live(
  world: EvaluationWorld,
  groupName: string,
  plans: readonly SeriesPlan[],
  lastSample: number,
): Promise<Timeline> {
  const group = world.groups.find(({ name }) => name === groupName) ?? assert.fail(`no group ${groupName}`);
  assert.equal(group.intervalMs, 2 * SAMPLE_STEP_MS);
  const startMs = slotAtOrBefore(group, START);
  const seen: Seen[] = [];
  for (let sample = 0; sample <= lastSample; sample++) {
    const atMs = startMs + sample * SAMPLE_STEP_MS;
    for (const { labels, values } of plans) {
      const value = values.findLast(([from]) => from <= sample)?.[1];
      if (value !== undefined) await world.push(labels, value, atMs);
    }
    if (sample % 2 === 1) continue;
    const report = await world.evaluateGroup(groupName, atMs);
    assert.deepEqual(report.kind === 'evaluated' && report.failures, []);
    seen.push({ sample, states: await statesOf(world, groupName, atMs), heard: await world.heard() });
  }
  return {
    changes: (alert) => {
      const states = seen.map(({ sample, states: now }) => [sample, now.get(alert) ?? 'inactive'] as const);
      return states
        .filter(([, state], i) => state !== (states[i - 1]?.[1] ?? 'inactive'))
        .map((change) => change.join(' '));
    },
    told: (alert) =>
      seen.flatMap(({ sample, heard }) =>
        heard
          .filter((one) => nameOf(one.labels) === alert)
          .map((one) => `${sample} ${stateOf(one, startMs + sample * SAMPLE_STEP_MS)}`),
      ),
    lastHeard: (alert) =>
      seen.flatMap(({ heard }) => heard).findLast(({ labels }) => nameOf(labels) === alert) ??
      assert.fail(`never heard of ${alert}`),
  };
}

async function statesOf(world: EvaluationWorld, groupName: string, atMs: number): Promise<ReadonlyMap<string, string>> {
  const states = new Map<string, string>();
  const groups = await world.report(atMs);
  for (const rule of groups.find(({ group }) => group.name === groupName)?.rules ?? []) {
    if (rule.kind !== 'alerting') continue;
    for (const { labels, state, value } of rule.alerts) states.set(nameOf(labelsToRecord(labels)), `${state} ${value}`);
  }
  return states;
}

function nameOf({ alertname = '', variant }: Record<string, string>): string {
  return variant === undefined ? alertname : `${alertname} ${variant}`;
}

function stateOf({ endsAtMinute }: Heard, atMs: number): string {
  return endsAtMinute > (atMs - START) / MINUTE ? 'firing' : 'resolved';
}
