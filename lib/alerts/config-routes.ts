/** The `route` section: decoding nodes as they are written, and the tree with everything inherited (route.ts). */
import { goQuote } from '../model/go-text.ts';
import { compareText } from '../model/labels.ts';
import type { Matcher } from '../model/matcher.ts';
import { always, bool, type Field, field, list, RENDERED_NULL, text, texts } from './config-fields.ts';
import { keyOf, mapping, optional, type Report, reporter } from './config-mapping.ts';
import { joinMatchers, labelNames, matchExpressions, matchers, matchValues } from './config-matchers.ts';
import { readDuration, renderDuration } from './config-values.ts';
import { type ConfigSource, complain, type Place } from './config-yaml.ts';
import { printMatchers } from './matcher-text.ts';
import type { Route } from './route.ts';

/** A node as it is written; null and "" are what it leaves to its parent. */
export interface RouteSettings {
  readonly receiver: string;
  readonly groupBy: readonly string[] | null;
  readonly match: ReadonlyMap<string, string>;
  readonly matchRe: ReadonlyMap<string, string | null>;
  readonly matchers: readonly Matcher[];
  readonly muteTimeIntervals: readonly string[];
  readonly activeTimeIntervals: readonly string[];
  readonly continue: boolean;
  readonly routes: readonly RouteSettings[];
  readonly groupWaitMs: number | null;
  readonly groupIntervalMs: number | null;
  readonly repeatIntervalMs: number | null;
}

const groupNames = labelNames('group_by');

const groupBy: Field<readonly string[] | null> = field<readonly string[] | null>({
  absent: null,
  decode: (place) => {
    const names = groupNames.decode(place);
    const problem = problemOfGroupBy(names);
    if (problem !== null) complain(place, { code: 'invalid-group-by', message: problem });
    return names;
  },
  isEmpty: (value) => value === null || value.length === 0,
  render: (value) => groupNames.render(value ?? []),
});

function problemOfGroupBy(names: readonly string[]): string | null {
  const labels = names.filter((name) => name !== '...');
  if (labels.length > 0 && labels.length < names.length) {
    return 'cannot have wildcard group_by (`...`) and other labels at the same time';
  }
  const repeated = labels.find((name, index) => labels.indexOf(name) < index);
  return repeated === undefined ? null : `duplicated label ${goQuote(repeated)} in group_by`;
}

function interval(nonZeroName: string | null): Field<number | null> {
  return field<number | null>({
    absent: null,
    decode: (place: Place) => {
      const lengthMs = readDuration(place);
      if (lengthMs === 0 && nonZeroName !== null) {
        complain(place, { code: 'invalid-duration', message: `${nonZeroName} cannot be zero` });
      }
      return lengthMs;
    },
    isEmpty: (value) => value === null,
    render: (value) => (value === null ? RENDERED_NULL : renderDuration(value)),
  });
}

// Children are nodes too: the list is looked up when the first child is met.
const childRoutes: Field<readonly RouteSettings[]> = field<readonly RouteSettings[]>({
  absent: [],
  decode: (place) => routeList.decode(place),
  isEmpty: (value) => value.length === 0,
  render: (value) => routeList.render(value),
});

const routeMapping: Field<RouteSettings> = mapping({
  goType: 'config.plain',
  fields: {
    receiver: text,
    groupBy,
    match: matchValues,
    matchRe: matchExpressions,
    matchers,
    muteTimeIntervals: texts,
    activeTimeIntervals: texts,
    continue: always(bool),
    routes: childRoutes,
    groupWaitMs: interval(null),
    groupIntervalMs: interval('group_interval'),
    repeatIntervalMs: interval('repeat_interval'),
  },
});

const routeList = list(routeMapping, { goType: '[]*config.Route', nullItem: 'empty route' });

/** The `route` section; null when missing. */
export const rootRoute: Field<RouteSettings | null> = optional(routeMapping);

/** Names that routes may refer to. */
export interface KnownNames {
  readonly receivers: ReadonlySet<string>;
  readonly timeIntervals: ReadonlySet<string>;
}

/** Complains about what the root may not have, and about receivers and time intervals that do not exist. */
export function checkRoutes(root: RouteSettings, known: KnownNames, source: ConfigSource): void {
  const report = reportOn(root, source);
  if (root.receiver === '') report('root route must specify a default receiver');
  if (root.match.size + root.matchRe.size + root.matchers.length > 0) {
    report('root route must not have any matchers', ['matchers', 'match', 'match_re'][matcherForm(root)]);
  }
  if (root.muteTimeIntervals.length > 0) {
    report('root route must not have any mute time intervals', 'mute_time_intervals');
  }
  if (root.activeTimeIntervals.length > 0) {
    report('root route must not have any active time intervals', 'active_time_intervals');
  }
  if (root.continue) report('cannot have continue in root route', 'continue');
  checkNames(root, known, source);
}

function matcherForm(root: RouteSettings): number {
  if (root.matchers.length > 0) return 0;
  return root.match.size > 0 ? 1 : 2;
}

function reportOn(route: RouteSettings, source: ConfigSource): Report {
  const place = source.places.get(route);
  return place === undefined ? () => undefined : reporter(place, route);
}

function checkNames(route: RouteSettings, known: KnownNames, source: ConfigSource): void {
  const report = reportOn(route, source);
  if (route.receiver !== '' && !known.receivers.has(route.receiver)) {
    const message = `undefined receiver ${goQuote(route.receiver)} used in route`;
    report({ code: 'undefined-receiver', message, hint: `receivers: ${[...known.receivers].join(', ')}` }, 'receiver');
  }
  for (const key of ['activeTimeIntervals', 'muteTimeIntervals'] as const) {
    for (const name of route[key].filter((each) => !known.timeIntervals.has(each))) {
      const message = `undefined time interval ${goQuote(name)} used in route`;
      report({ code: 'undefined-time-interval', message }, keyOf(key));
    }
  }
  for (const child of route.routes) checkNames(child, known, source);
}

const DEFAULT_GROUP_WAIT_MS = 30_000;
const DEFAULT_GROUP_INTERVAL_MS = 300_000;
const DEFAULT_REPEAT_INTERVAL_MS = 14_400_000;

type Inherited = Pick<
  Route,
  'id' | 'key' | 'receiver' | 'groupBy' | 'groupWaitMs' | 'groupIntervalMs' | 'repeatIntervalMs'
>;

/** The tree with everything inherited filled in. */
export function resolveRoutes(root: RouteSettings): Route {
  return resolveRoute(root, null, {
    id: '',
    key: '',
    receiver: '',
    groupBy: [],
    groupWaitMs: DEFAULT_GROUP_WAIT_MS,
    groupIntervalMs: DEFAULT_GROUP_INTERVAL_MS,
    repeatIntervalMs: DEFAULT_REPEAT_INTERVAL_MS,
  });
}

function resolveRoute(node: RouteSettings, index: number | null, inherited: Inherited): Route {
  const own = joinMatchers(node.match, node.matchRe, node.matchers);
  const printed = printMatchers(own);
  const options = {
    id: index === null ? printed : `${inherited.id}/${printed}/${index}`,
    key: index === null ? printed : `${inherited.key}/${printed}`,
    receiver: node.receiver === '' ? inherited.receiver : node.receiver,
    groupBy: node.groupBy === null ? inherited.groupBy : resolveGroupBy(node.groupBy),
    groupWaitMs: node.groupWaitMs ?? inherited.groupWaitMs,
    groupIntervalMs: node.groupIntervalMs ?? inherited.groupIntervalMs,
    repeatIntervalMs: node.repeatIntervalMs ?? inherited.repeatIntervalMs,
  };
  return {
    ...options,
    matchers: own,
    continues: node.continue,
    muteTimeIntervals: node.muteTimeIntervals,
    activeTimeIntervals: node.activeTimeIntervals,
    routes: node.routes.map((child, position) => resolveRoute(child, position, options)),
  };
}

function resolveGroupBy(names: readonly string[]): Route['groupBy'] {
  return names.includes('...') ? 'all' : [...names].sort(compareText);
}
