/**
 * Alerts, aggregation groups, silences, receivers and status for people and programs: what Alertmanager's API shows and takes.
 * States are judged when they are asked for, on strongly consistent reads, so a new silence shows at once.
 * Repeatable: reports of alerts merge by the instant of their receipt; a silence posted twice without an id is two silences, as in
 * Alertmanager.
 */
import {
  type AlertRecord,
  fingerprint,
  isResolved,
  type NameMode,
  refuseAlert,
  stampAlert,
} from '../alerts/alert-record.ts';
import type { AlertmanagerConfig } from '../alerts/config.ts';
import { renderAlertmanagerConfig } from '../alerts/config-render.ts';
import { compareForNotification, compareSizeFirst } from '../alerts/flush.ts';
import { createInhibition } from '../alerts/inhibition.ts';
import { matchRoutes } from '../alerts/route.ts';
import { type PostedSilence, type Silence, type SilenceState, silencedBy, silenceState } from '../alerts/silence.ts';
import type { PostedAlert } from '../model/alert.ts';
import type { Labels } from '../model/labels.ts';
import type { Matcher } from '../model/matcher.ts';
import type { AnchoredRegex } from '../model/regex.ts';
import type { Queue } from '../ports.ts';
import type { GroupStore } from '../store/aggregation-groups.ts';
import type { AlertStore, StoredAlert } from '../store/alerts.ts';
import type { DispatchService } from './dispatch.ts';
import { encodeDispatches } from './messages.ts';
import type { SilenceAnswer, SilenceService } from './silences.ts';

export interface AlertmanagerPorts {
  readonly alerts: AlertStore;
  readonly groups: GroupStore;
  readonly silences: SilenceService;
  readonly dispatch: DispatchService;
  readonly queue: Queue;
  readonly config: AlertmanagerConfig;
  /** A new UUID. */
  readonly newId: () => string;
}

export interface AlertmanagerLimits {
  readonly nameMode: NameMode;
  /** Reports of one request up to this number are routed before the answer, so that it can be read back; more go through the queue. */
  readonly maxAlertsAtOnce: number;
}

/** Which alerts are asked for. */
export interface AlertQuery {
  /** All must hold on the alert's labels; see `matchesFilter`. */
  readonly filter: readonly Matcher[];
  /** On the names of the receivers that the routes lead to. */
  readonly receiver: AnchoredRegex | null;
  /** On the labels of those receivers. */
  readonly receiverMatchers: readonly Matcher[];
  readonly active: boolean;
  readonly silenced: boolean;
  readonly inhibited: boolean;
}

/** An alert with what holds it back now. */
export interface AlertView {
  readonly alert: AlertRecord;
  readonly fingerprint: string;
  readonly receivers: readonly string[];
  readonly silencedBy: readonly string[];
  /** The fingerprint of one source. */
  readonly inhibitedBy: readonly string[];
  /** Names of the time intervals that muted the group's last flush; always empty outside groups. */
  readonly mutedBy: readonly string[];
}

export interface GroupView {
  readonly labels: Labels;
  readonly receiver: string;
  /** In the order of notifications. */
  readonly alerts: readonly AlertView[];
}

export interface SilenceView {
  readonly silence: Silence;
  readonly state: SilenceState;
}

export interface AlertmanagerService {
  /** Takes what is valid and returns why the rest is not. What it took is durable on return: stored and routed, or in the queue. */
  postAlerts(posted: readonly PostedAlert[], nowMs: number): Promise<readonly string[]>;
  /** Alerts that have not ended, by fingerprint. */
  listAlerts(query: AlertQuery, nowMs: number): Promise<readonly AlertView[]>;
  /** Groups with alerts that are asked for: by label set, then receiver. `muted: false` leaves out those a time interval mutes. */
  listGroups(query: AlertQuery & { readonly muted: boolean }, nowMs: number): Promise<readonly GroupView[]>;
  /** Silences that have each of the matchers literally; active ones first, then pending, then expired. */
  listSilences(filter: readonly Matcher[], nowMs: number): Promise<readonly SilenceView[]>;
  loadSilence(id: string, nowMs: number): Promise<SilenceView | null>;
  postSilence(posted: PostedSilence, nowMs: number): Promise<SilenceAnswer>;
  /** Ends a silence; one that has ended already stays as it is. */
  expireSilence(id: string, nowMs: number): Promise<'ended' | 'unknown'>;
  /** In the order of the configuration. */
  listReceivers(receiverMatchers: readonly Matcher[]): readonly { readonly name: string; readonly labels: Labels }[];
  /** The effective configuration as YAML, secrets hidden. */
  printConfig(): string;
}

export function createAlertmanagerService(ports: AlertmanagerPorts, limits: AlertmanagerLimits): AlertmanagerService {
  const { config, silences } = ports;
  const receiverLabels = new Map(config.receivers.map(({ name, labels }) => [name, labels]));
  const serves = ({ receiver, receiverMatchers }: AlertQuery, name: string): boolean => {
    if (receiver !== null && !receiver.matches(name)) return false;
    const labels = receiverLabels.get(name);
    return receiverMatchers.length === 0 || (labels !== undefined && matchesFilter(receiverMatchers, labels));
  };
  return {
    postAlerts: (posted, nowMs) => takeAlerts(ports, limits, posted, nowMs),
    listAlerts: async (query, nowMs) => {
      const judged = await judge(ports, nowMs);
      const views = judged.alerts.flatMap((alert) => {
        const receivers = matchRoutes(config.route, alert.labels).map((route) => route.receiver);
        const isServed = receivers.some((name) => serves({ ...query, receiverMatchers: [] }, name));
        const isMatched = receivers.some((name) => serves({ ...query, receiver: null }, name));
        return isServed && isMatched && isAskedFor(judged, query, alert) ? [judged.view(alert, receivers, [])] : [];
      });
      return views.sort((a, b) => (a.fingerprint < b.fingerprint ? -1 : 1));
    },
    listGroups: async (query, nowMs) => {
      const [judged, groups] = await Promise.all([judge(ports, nowMs), ports.groups.list(nowMs)]);
      const served = groups.filter((group) => serves(query, group.receiver));
      const receivers = receiversOf(judged, served);
      const members = membersOf(judged);
      const shown = served
        .filter((group) => query.muted || group.mutedBy.length === 0)
        .map((group) => ({
          labels: group.labels,
          receiver: group.receiver,
          alerts: (members.get(group.id) ?? [])
            .filter((alert) => isAskedFor(judged, query, alert))
            .sort(compareForNotification)
            .map((alert) => judged.view(alert, receivers.get(alert.id) ?? [], group.mutedBy)),
        }))
        .filter((group) => group.alerts.length > 0);
      return shown.sort((a, b) => compareSizeFirst(a.labels, b.labels) || (a.receiver < b.receiver ? -1 : 1));
    },
    listSilences: async (filter, nowMs) => {
      const all = await silences.list(nowMs);
      const views = all.filter((silence) => hasMatchers(silence, filter)).map((silence) => viewSilence(silence, nowMs));
      return views.sort(compareSilences);
    },
    loadSilence: async (id, nowMs) => {
      const silence = await silences.load(id, nowMs);
      return silence === null ? null : viewSilence(silence, nowMs);
    },
    postSilence: (posted, nowMs) => silences.set(posted, { nowMs, newId: ports.newId(), nameMode: limits.nameMode }),
    expireSilence: (id, nowMs) => silences.end(id, nowMs),
    listReceivers: (receiverMatchers) =>
      config.receivers.filter(({ labels }) => matchesFilter(receiverMatchers, labels)),
    printConfig: () => renderAlertmanagerConfig(config),
  };
}

async function takeAlerts(
  { dispatch, queue, config }: AlertmanagerPorts,
  limits: AlertmanagerLimits,
  posted: readonly PostedAlert[],
  nowMs: number,
): Promise<readonly string[]> {
  if (posted.length <= limits.maxAlertsAtOnce) {
    return (await dispatch.dispatch(posted, { receivedAtMs: nowMs, nowMs })).refused;
  }
  const stamp = { receivedAtMs: nowMs, resolveTimeoutMs: config.global.resolveTimeoutMs };
  const refusals = posted.map((alert) => refuseAlert(stampAlert(alert, stamp), limits.nameMode));
  const alerts = posted.filter((_, index) => refusals[index] === null);
  const bodies = encodeDispatches({ receivedAtMs: nowMs, alerts });
  await queue.send(
    'dispatch',
    bodies.map((body) => ({ body, delayMs: 0 })),
  );
  return refusals.filter((refusal) => refusal !== null);
}

/** Everything that has not ended, and what holds it back at one instant. */
interface Judged {
  readonly alerts: readonly StoredAlert[];
  silencedBy(alert: StoredAlert): readonly string[];
  inhibitedBy(alert: StoredAlert): readonly string[];
  view(alert: StoredAlert, receivers: readonly string[], mutedBy: readonly string[]): AlertView;
}

async function judge({ alerts, silences, config }: AlertmanagerPorts, nowMs: number): Promise<Judged> {
  const [stored, silenceList] = await Promise.all([alerts.list(nowMs), silences.list(nowMs)]);
  const live = stored.filter((alert) => !isResolved(alert, nowMs));
  const sourceOf = createInhibition(config.inhibitRules, live, nowMs);
  const judged: Judged = {
    alerts: live,
    silencedBy: (alert) => silencedBy(alert.labels, silenceList, nowMs),
    inhibitedBy: (alert) => {
      const source = sourceOf(alert.labels);
      return source === null ? [] : [fingerprint(source.labels)];
    },
    view: (alert, receivers, mutedBy) => ({
      alert,
      fingerprint: fingerprint(alert.labels),
      receivers,
      silencedBy: judged.silencedBy(alert),
      inhibitedBy: judged.inhibitedBy(alert),
      mutedBy,
    }),
  };
  return judged;
}

function isAskedFor(judged: Judged, query: AlertQuery, alert: StoredAlert): boolean {
  if (!matchesFilter(query.filter, alert.labels)) return false;
  if (query.active && query.silenced && query.inhibited) return true;
  const isSilenced = judged.silencedBy(alert).length > 0;
  const isInhibited = judged.inhibitedBy(alert).length > 0;
  if (!isSilenced && !isInhibited) return query.active;
  return (query.silenced || !isSilenced) && (query.inhibited || !isInhibited);
}

/** By group id: its alerts that have not ended. */
function membersOf({ alerts }: Judged): ReadonlyMap<string, readonly StoredAlert[]> {
  const members = new Map<string, StoredAlert[]>();
  for (const alert of alerts) {
    for (const groupId of alert.memberOf) {
      const known = members.get(groupId);
      if (known === undefined) members.set(groupId, [alert]);
      else known.push(alert);
    }
  }
  return members;
}

/** By alert id: the receivers of all given groups that hold the alert, sorted; one that is led to by several routes is there for each. */
function receiversOf(
  judged: Judged,
  groups: readonly { readonly id: string; readonly receiver: string }[],
): ReadonlyMap<string, readonly string[]> {
  const receiverOf = new Map(groups.map((group) => [group.id, group.receiver]));
  return new Map(
    judged.alerts.map(({ id, memberOf }) => {
      const names = memberOf.flatMap((groupId) => receiverOf.get(groupId) ?? []);
      return [id, names.sort()];
    }),
  );
}

/**
 * Whether labels have what a filter asks for. Other than in routing, a matcher with an empty value is about the presence of the label:
 * `name=""` asks for its absence, `name!=""` for its presence.
 */
export function matchesFilter(filter: readonly Matcher[], labels: Labels): boolean {
  const values = new Map(labels.pairs);
  return filter.every((matcher) => {
    const isNegative = matcher.operator === '!=' || matcher.operator === '!~';
    if (matcher.value === '' && values.has(matcher.name) === isNegative) return true;
    return matcher.matches(values.get(matcher.name) ?? '');
  });
}

function viewSilence(silence: Silence, nowMs: number): SilenceView {
  return { silence, state: silenceState(silence, nowMs) };
}

function hasMatchers({ matchers }: Silence, filter: readonly Matcher[]): boolean {
  return filter.every((wanted) =>
    matchers.some((own) => own.name === wanted.name && own.operator === wanted.operator && own.value === wanted.value),
  );
}

const stateOrder: Readonly<Record<SilenceState, number>> = { active: 0, pending: 1, expired: 2 };

/** Active ones by what ends first, pending ones by what begins first, expired ones by what ended last. */
function compareSilences(a: SilenceView, b: SilenceView): number {
  if (a.state !== b.state) return stateOrder[a.state] - stateOrder[b.state];
  if (a.state === 'pending') return a.silence.startsAtMs - b.silence.startsAtMs;
  const order = a.silence.endsAtMs - b.silence.endsAtMs;
  return a.state === 'active' ? order : -order;
}
