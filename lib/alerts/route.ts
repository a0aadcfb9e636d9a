/**
 * The routing tree: which routes take an alert, and what names a route. Children are tried in order; the search stops after the first
 * child that takes the alert, unless that child continues; a node whose children all refuse takes the alert itself.
 * Neighbours: config-routes.ts builds the tree, group.ts makes aggregation groups of its answers.
 */
import { type Labels, labelValue } from '../model/labels.ts';
import type { Matcher } from '../model/matcher.ts';

/** A node with everything it inherits already filled in. */
export interface Route {
  /** Matchers of the ancestors and of this node, and each node's index among its siblings: `{}/{x="a"}/0`. Unique. */
  readonly id: string;
  /** Matchers of the ancestors and of this node, joined by `/`: `{}/{x="a"}`. Siblings may share it. */
  readonly key: string;
  readonly receiver: string;
  /** Labels that split the alerts of this route into aggregation groups: sorted bytewise, unique; `all` is `group_by: ['...']`. */
  readonly groupBy: 'all' | readonly string[];
  readonly groupWaitMs: number;
  readonly groupIntervalMs: number;
  readonly repeatIntervalMs: number;
  /** Of this node alone, ordered by name, value, operator; all must match. */
  readonly matchers: readonly Matcher[];
  /** Whether siblings after this node are tried although it took the alert. */
  readonly continues: boolean;
  /** Names of time intervals; not inherited. */
  readonly muteTimeIntervals: readonly string[];
  readonly activeTimeIntervals: readonly string[];
  readonly routes: readonly Route[];
}

/** The routes that take an alert, in the order of the tree. Never empty for the root, which has no matchers. */
export function matchRoutes(route: Route, labels: Labels): readonly Route[] {
  if (!route.matchers.every((matcher) => matcher.matches(labelValue(labels, matcher.name)))) return [];
  const taken: Route[] = [];
  for (const child of route.routes) {
    const matched = matchRoutes(child, labels);
    taken.push(...matched);
    if (matched.length > 0 && !child.continues) break;
  }
  return taken.length === 0 ? [route] : taken;
}

/** Every node of the tree, parents before children. */
export function listRoutes(route: Route): readonly Route[] {
  return [route, ...route.routes.flatMap(listRoutes)];
}
