/**
 * What keeps alerts of a group from being sent, asked in Alertmanager's order: inhibition, active time intervals, mute time intervals,
 * silences. Only labels count, so resolved alerts are suppressed like firing ones. A time interval suppresses the whole group, and
 * silences are then not asked.
 */
import type { Labels } from '../model/labels.ts';
import type { Route } from './route.ts';
import { namesHolding } from './time-interval.ts';
import type { TimeInterval } from './time-interval-spec.ts';

export type SuppressionCause = 'inhibition' | 'active-time-interval' | 'mute-time-interval' | 'silence';

export interface Suppressed {
  /** By alert id, the first cause. */
  readonly causes: ReadonlyMap<string, SuppressionCause>;
  /** Names of the time intervals that mute the group now; empty when none does. */
  readonly mutedBy: readonly string[];
}

export interface SuppressionRules {
  readonly route: Pick<Route, 'activeTimeIntervals' | 'muteTimeIntervals'>;
  readonly timeIntervals: ReadonlyMap<string, readonly TimeInterval[]>;
  readonly isInhibited: (labels: Labels) => boolean;
  readonly isSilenced: (labels: Labels) => boolean;
}

export function suppress(
  alerts: readonly { readonly id: string; readonly labels: Labels }[],
  rules: SuppressionRules,
  atMs: number,
): Suppressed {
  const causes = new Map<string, SuppressionCause>();
  for (const { id, labels } of alerts) if (rules.isInhibited(labels)) causes.set(id, 'inhibition');
  if (causes.size === alerts.length) return { causes, mutedBy: [] };
  const muting = mutingIntervals(rules, atMs);
  for (const { id, labels } of alerts) {
    if (causes.has(id)) continue;
    if (muting !== null) causes.set(id, muting.cause);
    else if (rules.isSilenced(labels)) causes.set(id, 'silence');
  }
  return { causes, mutedBy: muting?.names ?? [] };
}

/** An active interval mutes while none of the route's active intervals holds, and all of them are named. */
function mutingIntervals(
  { route, timeIntervals }: SuppressionRules,
  atMs: number,
): { readonly cause: SuppressionCause; readonly names: readonly string[] } | null {
  const { activeTimeIntervals, muteTimeIntervals } = route;
  if (activeTimeIntervals.length > 0 && namesHolding(activeTimeIntervals, timeIntervals, atMs).length === 0) {
    return { cause: 'active-time-interval', names: activeTimeIntervals };
  }
  const names = namesHolding(muteTimeIntervals, timeIntervals, atMs);
  return names.length === 0 ? null : { cause: 'mute-time-interval', names };
}
