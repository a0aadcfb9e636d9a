import { labelValue } from '../model/labels.ts';
import type { NotifiedAlert } from './notification.ts';

/** One ordered scale for all receivers, worst first, and other words people use for its steps. */
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
  if (Object.keys(map).length === 0) return null;
  const firing = alerts.filter((alert) => alert.status === 'firing');
  const ranked = (firing.length > 0 ? firing : alerts)
    .map((alert) => labelValue(alert.labels, 'severity').toLowerCase())
    .filter((word) => word !== '')
    .map((word) => ({ word, step: own(aliases, word) ?? word }))
    .map((each) => ({ ...each, rank: scale.includes(each.step) ? scale.indexOf(each.step) : scale.length }))
    .sort((a, b) => a.rank - b.rank);
  const [worst] = ranked;
  return worst === undefined ? null : (own(map, worst.word) ?? own(map, worst.step) ?? null);
}

function own(record: Readonly<Record<string, string>>, key: string): string | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}
