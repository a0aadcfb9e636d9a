import type { RuleGroup } from './rule-group.ts';

/** One group at one time: what an evaluate message asks for. */
export interface Slot {
  readonly file: string;
  readonly group: string;
  readonly evalAtMs: number;
}

/** What tells when a group is due. */
export type Timed = Pick<RuleGroup, 'file' | 'name' | 'intervalMs'>;

/**
 * Where in its interval a group is evaluated: a stable hash of (file, name) below the interval, so that groups spread over time
 * and their instants stay put over restarts.
 */
export function slotOffsetMs({ file, name, intervalMs }: Timed): number {
  const identity = JSON.stringify([file, name]);
  // FNV-1a, once per half, gives 53 bits without leaving whole doubles: enough to spread intervals of any length.
  const high = fnv1a(identity, 0x811c9dc5) >>> 11;
  const low = fnv1a(identity, 0x9dc5811c) >>> 0;
  return (high * 0x1_0000_0000 + low) % intervalMs;
}

/** The group's evaluation time at or before an instant: k * interval + offset. */
export function slotAtOrBefore(group: Timed, atMs: number): number {
  const offsetMs = slotOffsetMs(group);
  return Math.floor((atMs - offsetMs) / group.intervalMs) * group.intervalMs + offsetMs;
}

/** Evaluation times of all groups with fromMs <= time < toMs, by time; those of one instant in the order of the groups. */
export function dueSlots(groups: readonly RuleGroup[], fromMs: number, toMs: number): readonly Slot[] {
  const slots: Slot[] = [];
  for (const group of groups) {
    if (group.rules.length === 0) continue;
    const { file, name, intervalMs } = group;
    for (let evalAtMs = slotAtOrBefore(group, fromMs - 1) + intervalMs; evalAtMs < toMs; evalAtMs += intervalMs) {
      slots.push({ file, group: name, evalAtMs });
    }
  }
  return slots.sort((a, b) => a.evalAtMs - b.evalAtMs);
}

/** How many evaluation times lie strictly between two of the group's: they were missed, and are not made up for. */
export function slotsMissed(group: Timed, previousAtMs: number, evalAtMs: number): number {
  return Math.max(0, Math.ceil((evalAtMs - previousAtMs) / group.intervalMs) - 1);
}

function fnv1a(text: string, seed: number): number {
  let hash = seed;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    hash = Math.imul(hash ^ (unit & 0xff), 0x01000193);
    hash = Math.imul(hash ^ (unit >>> 8), 0x01000193);
  }
  return hash;
}
