/**
 * Inhibition: a firing source alert keeps target alerts quiet. All live sources are asked, where Alertmanager remembers one for
 * each rule and set of equal values, so inhibition never lapses here while any source fires (docs/differences.md).
 */
import { type Labels, labelValue } from '../model/labels.ts';
import type { Matcher } from '../model/matcher.ts';
import { type AlertRecord, isResolved } from './alert-record.ts';
import type { InhibitRule } from './config-inhibit.ts';

/** Whether an alert can be a source of any rule: the alerts that must be at hand when targets are judged. */
export function isInhibitSource(rules: readonly InhibitRule[], labels: Labels): boolean {
  return rules.some((rule) => matchesAll(rule.sourceMatchers, labels));
}

/**
 * Finds the source that inhibits an alert; null when none does. Rules are asked in order; within a rule the first source in the
 * order given. A source that is itself suppressed counts.
 */
export function createInhibition<S extends AlertRecord>(
  rules: readonly InhibitRule[],
  alerts: readonly S[],
  atMs: number,
): (target: Labels) => S | null {
  const live = alerts.filter((alert) => !isResolved(alert, atMs));
  const indexes = rules.map((rule) => indexSources(rule, live));
  return (target) => {
    for (const index of indexes) {
      const source = index(target);
      if (source !== null) return source;
    }
    return null;
  };
}

interface Sources<S> {
  any: S | null;
  /** The first that is not a target of the same rule: only such a source inhibits an alert that is a source as well. */
  oneSided: S | null;
}

function indexSources<S extends AlertRecord>(rule: InhibitRule, live: readonly S[]): (target: Labels) => S | null {
  const byEqual = new Map<string, Sources<S>>();
  const equalValues = (labels: Labels): string => JSON.stringify(rule.equal.map((name) => labelValue(labels, name)));
  for (const alert of live) {
    if (!matchesAll(rule.sourceMatchers, alert.labels)) continue;
    const key = equalValues(alert.labels);
    const sources = byEqual.get(key) ?? { any: null, oneSided: null };
    sources.any ??= alert;
    if (!matchesAll(rule.targetMatchers, alert.labels)) sources.oneSided ??= alert;
    byEqual.set(key, sources);
  }
  return (target) => {
    if (byEqual.size === 0 || !matchesAll(rule.targetMatchers, target)) return null;
    const sources = byEqual.get(equalValues(target));
    if (sources === undefined) return null;
    // Alerts that match both sides neither inhibit themselves nor each other.
    return matchesAll(rule.sourceMatchers, target) ? sources.oneSided : sources.any;
  };
}

function matchesAll(matchers: readonly Matcher[], labels: Labels): boolean {
  return matchers.every((matcher) => matcher.matches(labelValue(labels, matcher.name)));
}
