/** Random routing for one script: a tree of routes, receivers, inhibition rules, and the alerts that they are about. */
import { parseMatchers, printMatcher } from '../../../lib/alerts/matcher-text.ts';
import type { Matcher, MatchOperator } from '../../../lib/model/matcher.ts';
import type { Chance } from './chance.ts';
import {
  INTERVALS,
  type InhibitRuleText,
  type ReceiverText,
  type RouteTree,
  type RoutingPart,
  type Texts,
} from './script.ts';
import type { Timing } from './timing.ts';

const values: Readonly<Record<string, readonly string[]>> = {
  alertname: ['A', 'B', 'C', ''],
  severity: ['critical', 'warning', ''],
  cluster: ['x', 'y', ''],
  instance: ['1', 'say "two", \\o/', ''],
  job: ['j', ''],
  'größe/µ': ['x', '☂', ''],
};
const NAMES = Object.keys(values);
const MAX_DEPTH = 2;

/** Distinct label sets, all with the label `script`. */
export function randomAlerts(script: string, chance: Chance): readonly Texts[] {
  const found = new Map<string, Texts>();
  const wanted = chance.between(2, 6);
  for (let n = 0; n < 50 && found.size < wanted; n++) {
    const pairs = NAMES.map((name) => [name, chance.pick(values[name] ?? [])]).filter(([, value]) => value !== '');
    const labels: Texts = { ...Object.fromEntries(pairs), script };
    found.set(JSON.stringify(labels), labels);
  }
  return [...found.values()];
}

/** A condition of any of the four kinds on one of the labels. */
export function randomMatcher(chance: Chance): Pick<Matcher, 'name' | 'operator' | 'value'> {
  const name = chance.pick(NAMES);
  const operator = chance.pick<MatchOperator>(['=', '=', '!=', '=~', '!~']);
  const known = values[name] ?? [];
  const [first = ''] = known;
  const regex = chance.pick([
    known.map(escapeRegex).join('|'),
    '.+',
    '.*',
    `${first}|nothing`,
    `[${first}-z]`,
    `(?i:${first})?`,
  ]);
  return { name, operator, value: operator.includes('~') ? regex : chance.pick(known) };
}

function escapeRegex(text: string): string {
  return text.replace(/[\\|()[\]{}.*+?^$]/g, '\\$&');
}

function randomMatchers(chance: Chance): readonly string[] {
  const count = chance.flip(0.3) ? 2 : 1;
  const texts = Array.from({ length: count }, () => {
    const { name, operator, value } = randomMatcher(chance);
    return printMatcher({ name, operator, value });
  });
  return [...new Set(texts)].sort();
}

export function randomRouting(script: string, alerts: readonly Texts[], timing: Timing, chance: Chance): RoutingPart {
  const receivers = randomReceivers(script, chance);
  const routes = createRoutes(timing, receivers, chance);
  const inhibitRules = Array.from({ length: chance.between(0, 2) }, () => randomInhibitRule(script, chance));
  return {
    route: routes.root(script),
    inhibitRules: inhibitRules.filter((rule) => hasSingleSources(rule, alerts)),
    receivers,
  };
}

function randomReceivers(script: string, chance: Chance): readonly ReceiverText[] {
  return Array.from({ length: chance.between(1, 3) }, (_, r) => ({
    name: `${script}-${r}`,
    webhook_configs: Array.from({ length: chance.pick([1, 1, 2]) }, (_webhook, w) => ({
      path: `/${script}/${r}/${w}`,
      send_resolved: chance.flip(0.65),
      max_alerts: chance.flip(0.2) ? chance.between(1, 2) : 0,
    })),
  }));
}

function createRoutes(timing: Timing, receivers: readonly ReceiverText[], chance: Chance) {
  const ms = (among: readonly number[]): string => `${chance.pick(among)}ms`;
  const receiver = (): string => chance.pick(receivers).name;
  const groupBy = (): readonly string[] =>
    chance.pick([
      [],
      ['alertname'],
      ['...'],
      ['cluster', 'severity'],
      ['instance', 'unknown'],
      ['script', 'job'],
      ['größe/µ'],
    ]);

  function children(depth: number): { readonly routes?: readonly RouteTree[] } {
    if (depth === MAX_DEPTH || chance.flip(depth === 0 ? 0.15 : 0.6)) return {};
    const routes = new Map<string, RouteTree>();
    // Siblings with the same matchers share their log, and race for it.
    for (let n = chance.between(1, 3); n > 0; n--) {
      const matchers = randomMatchers(chance);
      routes.set(matchers.join(), node(matchers, depth));
    }
    return { routes: [...routes.values()] };
  }

  function node(matchers: readonly string[], depth: number): RouteTree {
    return {
      matchers,
      ...(chance.flip(0.7) ? { receiver: receiver() } : {}),
      ...(chance.flip(0.5) ? { group_by: groupBy() } : {}),
      ...(chance.flip(0.3) ? { group_wait: ms(timing.groupWaitsMs) } : {}),
      ...(chance.flip(0.3) ? { group_interval: ms(timing.groupIntervalsMs) } : {}),
      ...(chance.flip(0.3) ? { repeat_interval: ms(timing.repeatIntervalsMs) } : {}),
      ...(chance.flip(0.4) ? { continue: true } : {}),
      ...(chance.flip(0.1) ? { mute_time_intervals: chance.some(INTERVALS, chance.between(1, 2)) } : {}),
      ...(chance.flip(0.1) ? { active_time_intervals: chance.some(INTERVALS, chance.between(1, 2)) } : {}),
      ...children(depth + 1),
    };
  }

  return {
    root: (script: string): RouteTree => ({
      matchers: [`script="${script}"`],
      receiver: receiver(),
      group_by: groupBy(),
      group_wait: ms(timing.groupWaitsMs),
      group_interval: ms(timing.groupIntervalsMs),
      repeat_interval: ms(timing.repeatIntervalsMs),
      ...children(0),
    }),
  };
}

function randomInhibitRule(script: string, chance: Chance): InhibitRuleText {
  const own = `script="${script}"`;
  return {
    source_matchers: [own, ...randomMatchers(chance)],
    target_matchers: [own, ...randomMatchers(chance)],
    equal: chance.some(['cluster', 'instance', 'job', 'unknown', 'größe/µ'], chance.between(0, 2)),
  };
}

/**
 * Alertmanager remembers one source for each rule and set of equal values, and inhibition can lapse when there are two; ours does not
 * (docs/differences.md). The comparison keeps to where there is one.
 */
function hasSingleSources({ source_matchers, equal }: InhibitRuleText, alerts: readonly Texts[]): boolean {
  const matchers = source_matchers.flatMap((text) => {
    const parsed = parseMatchers(text);
    if ('error' in parsed) throw new Error(parsed.error);
    return parsed;
  });
  const sources = alerts.filter((labels) => matchers.every((matcher) => matcher.matches(labels[matcher.name] ?? '')));
  const keys = sources.map((labels) => JSON.stringify(equal.map((name) => labels[name] ?? '')));
  return new Set(keys).size === keys.length;
}
