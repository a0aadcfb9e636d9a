import { labelValue } from '../model/labels.ts';
import type { NotifiedAlert } from './notification.ts';

/** One ordered scale for all receivers, worst first, and other words people use for its steps. Capitals make no difference. */
export interface SeverityScale {
  readonly scale: readonly string[];
  readonly aliases: Readonly<Record<string, string>>;
}

/**
 * The receiver's word for the worst severity among the firing alerts (among all, when none fires). A map may name the alert's
 * own word or the step of the scale it stands for; the own word counts first. Null without a map or a severity label.
 */
export function mappedSeverity(
  alerts: readonly NotifiedAlert[],
  map: Readonly<Record<string, string>>,
  { scale, aliases }: SeverityScale,
): string | null {
  const words = byLowerCase(map);
  if (words.size === 0) return null;
  const steps = byLowerCase(aliases);
  const ranks = new Map(scale.map((step, rank) => [step.toLowerCase(), rank]));
  const firing = alerts.filter((alert) => alert.status === 'firing');
  const [worst] = (firing.length > 0 ? firing : alerts)
    .map((alert) => labelValue(alert.labels, 'severity').toLowerCase())
    .filter((word) => word !== '')
    .map((word) => ({ word, step: steps.get(word)?.toLowerCase() ?? word }))
    .map((each) => ({ ...each, rank: ranks.get(each.step) ?? scale.length }))
    .sort((a, b) => a.rank - b.rank);
  return worst === undefined ? null : (words.get(worst.word) ?? words.get(worst.step) ?? null);
}

function byLowerCase(record: Readonly<Record<string, string>>): ReadonlyMap<string, string> {
  return new Map(Object.entries(record).map(([key, value]) => [key.toLowerCase(), value]));
}
