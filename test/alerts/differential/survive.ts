/** Scripts for a process that is killed: nothing is suppressed, nothing fails, and at the end it is settled which alerts fire. */
import { parseAlertmanagerConfig } from '../../../lib/alerts/config.ts';
import { groupLabels, printGroupKey } from '../../../lib/alerts/group.ts';
import { matchRoutes } from '../../../lib/alerts/route.ts';
import { labelsOf } from '../../../lib/model/labels.ts';
import { createChance } from './chance.ts';
import { randomScript } from './random-script.ts';
import { type Report, type RouteTree, renderRouting, type Script, type Step, type Texts } from './script.ts';

/** After everything else. */
const LAST_WORD_MS = 23_000;
const HOUR_MS = 3_600_000;

/** What must have been told at last: one line for each webhook, group and alert. */
export type Told = ReadonlyMap<string, 'firing' | 'resolved'>;

export interface SurvivalScript extends Script {
  /** At the last instant. */
  readonly firing: readonly Texts[];
  readonly resolved: readonly Texts[];
}

export function survivalScript(seed: number): SurvivalScript {
  const script = randomScript(seed);
  const posts = script.steps.flatMap((step) => (step.kind === 'post' ? [withoutEmpty(step)] : []));
  const known = new Map(posts.flatMap(({ alerts }) => alerts).map(({ labels }) => [JSON.stringify(labels), labels]));
  const chance = createChance(-seed);
  const firing = [...known.values()].filter(() => chance.flip(0.5));
  const resolved = [...known.values()].filter((labels) => !firing.includes(labels));
  const lastWord = (labels: Texts, endsAtMs: number): Report => ({
    labels,
    annotations: {},
    startsAtMs: null,
    endsAtMs,
  });
  const alerts = [
    ...firing.map((labels) => ({ ...lastWord(labels, LAST_WORD_MS + HOUR_MS), startsAtMs: LAST_WORD_MS - HOUR_MS })),
    ...resolved.map((labels) => lastWord(labels, LAST_WORD_MS)),
  ];
  const receivers = script.routing.receivers.map(({ name, webhook_configs }) => ({
    name,
    webhook_configs: webhook_configs.map((webhook) => ({ ...webhook, max_alerts: 0 })),
  }));
  return {
    ...script,
    routing: { route: plainRoute(script.routing.route), inhibitRules: [], receivers },
    steps: [...posts, { kind: 'post', atMs: LAST_WORD_MS, alerts }],
    firing,
    resolved,
  };
}

function withoutEmpty({ atMs, alerts }: Step & { readonly kind: 'post' }): Step & { readonly kind: 'post' } {
  const valid = alerts.filter(({ startsAtMs, endsAtMs }) => endsAtMs === null || (startsAtMs ?? endsAtMs) <= endsAtMs);
  const trimmed = valid.map((report) => {
    const { nothing: _, ...labels } = report.labels;
    return { ...report, labels };
  });
  return { kind: 'post', atMs, alerts: trimmed };
}

function plainRoute({ routes, repeat_interval, ...rest }: RouteTree): RouteTree {
  const { mute_time_intervals: _mute, active_time_intervals: _active, ...plain } = rest;
  return {
    ...plain,
    ...(repeat_interval === undefined ? {} : { repeat_interval: '1h' }),
    ...(routes === undefined ? {} : { routes: routes.map(plainRoute) }),
  };
}

/** What must be told at last. Of a resolved alert nothing may be said; then that is right, too. */
export function expectedTold(scripts: readonly SurvivalScript[]): Told {
  const text = renderRouting(scripts, { sinkPort: 1, fullMinute: new Date(HOUR_MS) });
  const config = parseAlertmanagerConfig(text, { file: null });
  const receivers = scripts.flatMap(({ routing }) => routing.receivers);
  const webhooks = new Map(receivers.map(({ name, webhook_configs }) => [name, webhook_configs]));

  function tellOf(texts: Texts, status: 'firing' | 'resolved'): readonly (readonly [string, typeof status])[] {
    const labels = labelsOf(texts);
    return matchRoutes(config.route, labels).flatMap((route) => {
      const groupKey = printGroupKey(route.key, groupLabels(route, labels));
      const told = (webhooks.get(route.receiver) ?? []).filter((each) => each.send_resolved || status === 'firing');
      return told.map(({ path }) => [toldKey(path, groupKey, texts), status] as const);
    });
  }

  return new Map(
    scripts.flatMap(({ firing, resolved }) => [
      ...firing.flatMap((texts) => tellOf(texts, 'firing')),
      ...resolved.flatMap((texts) => tellOf(texts, 'resolved')),
    ]),
  );
}

export function toldKey(path: string, groupKey: string, labels: Texts): string {
  return `${path} ${groupKey} ${JSON.stringify(labelsOf(labels).pairs)}`;
}
