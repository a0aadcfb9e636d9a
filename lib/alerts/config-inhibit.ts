/** The `inhibit_rules` section. */
import type { Matcher } from '../model/matcher.ts';
import { list, text } from './config-fields.ts';
import { type Decoded, mapping } from './config-mapping.ts';
import { joinMatchers, labelNames, matchExpressions, matchers, matchValues } from './config-matchers.ts';

/** Alerts on the target side are held back while an alert on the source side fires with the same values of `equal`. */
export interface InhibitRule {
  /** "" when it has none. */
  readonly name: string;
  /** All must match; none at all match everything. */
  readonly sourceMatchers: readonly Matcher[];
  readonly targetMatchers: readonly Matcher[];
  /** Labels whose values must be equal; a missing label equals an empty one. */
  readonly equal: readonly string[];
}

const inhibitFields = {
  name: text,
  sourceMatch: matchValues,
  sourceMatchRe: matchExpressions,
  sourceMatchers: matchers,
  targetMatch: matchValues,
  targetMatchRe: matchExpressions,
  targetMatchers: matchers,
  equal: labelNames('equal'),
};

/** A rule as the file has it. */
export type InhibitSettings = Decoded<typeof inhibitFields>;

/** The `inhibit_rules` section; an empty item is a rule without conditions. */
export const inhibitRules = list(mapping({ goType: 'common.plain', fields: inhibitFields }), {
  goType: '[]common.InhibitRule',
});

export function resolveInhibitRule(rule: InhibitSettings): InhibitRule {
  return {
    name: rule.name,
    sourceMatchers: joinMatchers(rule.sourceMatch, rule.sourceMatchRe, rule.sourceMatchers),
    targetMatchers: joinMatchers(rule.targetMatch, rule.targetMatchRe, rule.targetMatchers),
    equal: rule.equal,
  };
}
