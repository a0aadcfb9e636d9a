/**
 * A script of the comparison with a real Alertmanager: a piece of configuration and what is done to it, instant by instant. All scripts
 * of a run share one process on either side; the label `script` keeps them apart in routes, inhibition rules, silences and questions.
 */

/** Label sets, annotations: texts by name. */
export type Texts = Readonly<Record<string, string>>;

export interface Script {
  /** "s17" */
  readonly name: string;
  /** Where instant 0 lies after the beginning of the run. */
  readonly offsetMs: number;
  readonly routing: RoutingPart;
  /** Ascending instants. */
  readonly steps: readonly Step[];
}

/** What a script adds to `alertmanager.yml`, in its keys. */
export interface RoutingPart {
  readonly route: RouteTree;
  readonly inhibitRules: readonly InhibitRuleText[];
  readonly receivers: readonly ReceiverText[];
}

export interface RouteTree {
  readonly receiver?: string;
  readonly matchers: readonly string[];
  readonly group_by?: readonly string[];
  readonly group_wait?: string;
  readonly group_interval?: string;
  readonly repeat_interval?: string;
  readonly continue?: boolean;
  readonly mute_time_intervals?: readonly string[];
  readonly active_time_intervals?: readonly string[];
  readonly routes?: readonly RouteTree[];
}

export interface InhibitRuleText {
  readonly source_matchers: readonly string[];
  readonly target_matchers: readonly string[];
  readonly equal: readonly string[];
}

export interface ReceiverText {
  readonly name: string;
  readonly webhook_configs: readonly WebhookText[];
}

export interface WebhookText {
  /** Begins with "/"; the sink's address is put in front. */
  readonly path: string;
  readonly send_resolved: boolean;
  readonly max_alerts: number;
}

/** Instants are milliseconds from the script's own zero. */
export type Step = { readonly atMs: number } & (
  | { readonly kind: 'post'; readonly alerts: readonly Report[] }
  | { readonly kind: 'silence'; readonly silence: SilenceRequest }
  | { readonly kind: 'expire'; readonly name: string }
  /** From now on the receivers of the script answer with this status. */
  | { readonly kind: 'answer'; readonly status: number }
  /** Everything that the API shows of the script is looked at. */
  | { readonly kind: 'look'; readonly parameters: string }
);

export interface Report {
  readonly labels: Texts;
  readonly annotations: Texts;
  readonly startsAtMs: number | null;
  readonly endsAtMs: number | null;
}

export interface SilenceRequest {
  readonly name: string;
  readonly matchers: readonly SilenceMatcher[];
  /** Null keeps the start of the silence that is there under this name. */
  readonly startsAtMs: number | null;
  readonly endsAtMs: number;
  readonly comment: string;
}

export interface SilenceMatcher {
  readonly name: string;
  readonly value: string;
  readonly isRegex: boolean;
  readonly isEqual: boolean;
}

/** Time intervals that every configuration of a run has. `soon` begins, and `until` ends, at the full minute within the run. */
export const INTERVALS = ['always', 'never', 'soon', 'until'] as const;

/** The full minute comes this long after the beginning of a run. */
export const FULL_MINUTE_MS = 12_000;

/** Of alerts that are posted without an end. Ends that follow from it lie off the grid of flushes (timing.ts). */
export const RESOLVE_TIMEOUT_MS = 5_250;

/** From the first instant to the last thing that can happen. */
export const SCRIPT_LENGTH_MS = 27_000;

/** The whole configuration of a run. */
export function renderRouting(scripts: readonly Script[], options: { sinkPort: number; fullMinute: Date }): string {
  const hhmm = options.fullMinute.toISOString().slice(11, 16);
  const url = (path: string): string => `http://127.0.0.1:${options.sinkPort}${path}`;
  const receivers = scripts.flatMap(({ routing }) =>
    routing.receivers.map(({ name, webhook_configs }) => ({
      name,
      webhook_configs: webhook_configs.map(({ path, ...rest }) => ({ ...rest, url: url(path) })),
    })),
  );
  const interval = (name: string, entry: object) => ({ name, time_intervals: [entry] });
  return JSON.stringify({
    global: { resolve_timeout: `${RESOLVE_TIMEOUT_MS}ms` },
    route: { receiver: 'nobody', routes: scripts.map(({ routing }) => routing.route) },
    inhibit_rules: scripts.flatMap(({ routing }) => routing.inhibitRules),
    receivers: [{ name: 'nobody' }, ...receivers],
    time_intervals: [
      interval('always', { times: [{ start_time: '00:00', end_time: '24:00' }] }),
      interval('never', { years: ['1999'] }),
      interval('soon', { times: [{ start_time: hhmm, end_time: '24:00' }] }),
      interval('until', { times: [{ start_time: '00:00', end_time: hhmm }] }),
    ],
  });
}
