import type { PostedAlert } from '../model/alert.ts';
import type { Labels } from '../model/labels.ts';
import { type AlertMemory, postedAlert, type Sender, writtenSeries } from './alerting-rule.ts';
import { type RuleGroup, ruleKeys } from './rule-group.ts';

/** What is kept of a group between evaluations. */
export interface GroupState {
  /** Time of the last evaluation: the one its queries and alerts saw. */
  readonly lastEvalAtMs: number;
  /** Of the group at that evaluation. */
  readonly intervalMs: number;
  /** When that evaluation really began, and how long it took. */
  readonly startedAtMs: number;
  readonly durationMs: number;
  /** Evaluation times that passed without an evaluation since the group is known. */
  readonly missed: number;
  /** In the order of the group then. */
  readonly rules: readonly RuleState[];
}

export interface RuleState {
  /** One of `ruleKeys`. */
  readonly key: string;
  /** Why the last evaluation failed; null when it went well. */
  readonly lastError: string | null;
  readonly durationMs: number;
  readonly memory: RuleMemory;
}

export type RuleMemory =
  | { readonly kind: 'alerting'; readonly alerts: AlertMemory }
  /** Series of the last success. */
  | { readonly kind: 'recording'; readonly series: readonly Labels[] };

/** Every series a rule has written and not yet ended. */
export function openSeries(memory: RuleMemory): readonly Labels[] {
  return memory.kind === 'alerting' ? writtenSeries(memory.alerts) : memory.series;
}

/**
 * The alerts of a group that were marked as sent at or after an evaluation time. Asked with the time of the evaluation just saved, these are what to
 * send; asked again after a crash, they are what may not have been sent.
 */
export function alertsSentSince(
  group: RuleGroup,
  state: GroupState,
  evalAtMs: number,
  sender: Sender,
): readonly PostedAlert[] {
  const states = new Map(state.rules.map((rule) => [rule.key, rule]));
  const posted: PostedAlert[] = [];
  const keys = ruleKeys(group.rules);
  for (const [index, rule] of group.rules.entries()) {
    const memory = states.get(keys[index] ?? '')?.memory;
    if (rule.kind !== 'alerting' || memory?.kind !== 'alerting') continue;
    for (const instance of memory.alerts.instances) {
      const { alert } = instance;
      if (alert.state === 'pending' || (alert.lastSentAtMs ?? Number.NEGATIVE_INFINITY) < evalAtMs) continue;
      const report = postedAlert(rule, instance, sender);
      if (report !== null) posted.push(report);
    }
  }
  return posted;
}
