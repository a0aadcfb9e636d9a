import type { LabelPair, Labels } from '../model/labels.ts';
import { printRfc3339, ZERO_TIME } from '../model/rfc3339.ts';
import type { Secret } from '../model/secret.ts';

/** An alert as it stood when its group was flushed. */
export interface NotifiedAlert {
  readonly status: 'firing' | 'resolved';
  readonly labels: Labels;
  readonly annotations: readonly LabelPair[];
  readonly startsAtMs: number;
  /** Null while firing. */
  readonly endsAtMs: number | null;
  readonly generatorUrl: string;
  readonly fingerprint: string;
}

/** One message to one integration of one receiver, before it has any form. */
export interface Notification {
  /** The same for every attempt at this notification: receivers that can tell doubles apart are told by it. */
  readonly id: string;
  readonly receiver: string;
  /** Firing and resolved, in the group's order; at least one. */
  readonly alerts: readonly NotifiedAlert[];
  /** Alerts left out because the receiver takes no more (`max_alerts`). */
  readonly truncatedAlerts: number;
  readonly groupKey: string;
  readonly groupLabels: Labels;
  readonly routeLabels: readonly LabelPair[];
  /** "first notification", "new alerts added"…: why it is sent now. */
  readonly reason: string;
  readonly externalUrl: string;
  /** What an earlier delivery for this group asked to remember. */
  readonly remembered: Readonly<Record<string, string>>;
}

/** What a receiver adds beyond `alertmanager.yml`, from `tocsin.yml`. */
export interface ReceiverManners {
  /** The receiver's word for the notification's severity; null when it has no map or the alerts no severity. */
  readonly severity: string | null;
  /** An http(s) address: the runbook of the first firing alert that has one, when links to it are wanted. */
  readonly runbookUrl: string | null;
}

/** How templates of one notification are rendered, and its secrets revealed. */
export interface Renderer {
  /** For fields that must be right: addresses, channels, what machines read. Throws TemplateError. */
  text(template: string): string;
  /** For what people read: a broken template gives the default subject and says what is broken, because the page must go out. */
  message(template: string): string;
  html(template: string): string;
  /** For what only adorns or sorts a message (a color, an icon, a link): a broken template gives "". */
  adornment(template: string): string;
  /** A secret given inline or by file; "" when neither is. */
  reveal(inline: Secret | null, file: string): string;
  /** A secret that is itself a template. Throws PlanError, which does not repeat it. */
  revealText(inline: Secret | null, file: string): string;
  /** Notes a text made of secrets (an encoded password), so that no message repeats it. */
  conceal(text: string): void;
  readonly nowMs: number;
}

/** The notification as a receiver with `max_alerts` sees it: cut before status and common labels are computed. 0 takes all. */
export function cutAlerts(notification: Notification, maxAlerts: number): Notification {
  const { alerts } = notification;
  if (maxAlerts === 0 || alerts.length <= maxAlerts) return notification;
  return { ...notification, alerts: alerts.slice(0, maxAlerts), truncatedAlerts: alerts.length - maxAlerts };
}

/** "firing" when any alert fires. */
export function notificationStatus(alerts: readonly NotifiedAlert[]): 'firing' | 'resolved' {
  return alerts.some((alert) => alert.status === 'firing') ? 'firing' : 'resolved';
}

/** Pairs of the first list that all others have as well; one that is missing counts as empty, as in Alertmanager. */
export function commonPairs(lists: readonly (readonly LabelPair[])[]): readonly LabelPair[] {
  const [first = [], ...others] = lists;
  const maps = others.map((pairs) => new Map(pairs));
  return first.filter(([name, value]) => maps.every((map) => (map.get(name) ?? '') === value));
}

/** An alert in the JSON of webhooks, keys in Alertmanager's order. */
export function alertToJson(alert: NotifiedAlert): Readonly<Record<string, unknown>> {
  return {
    status: alert.status,
    labels: new Map(alert.labels.pairs),
    annotations: new Map(alert.annotations),
    startsAt: printRfc3339(alert.startsAtMs, 'trimmed'),
    endsAt: alert.endsAtMs === null ? ZERO_TIME : printRfc3339(alert.endsAtMs, 'trimmed'),
    generatorURL: alert.generatorUrl,
    fingerprint: alert.fingerprint,
  };
}

/** Cuts to `limit` characters (code points), the last of them an ellipsis. */
export function truncate(text: string, limit: number): string {
  const characters = [...text];
  if (characters.length <= limit) return text;
  return limit <= 3 ? characters.slice(0, limit).join('') : `${characters.slice(0, limit - 1).join('')}…`;
}
