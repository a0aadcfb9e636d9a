import { MILLISECOND_NS } from './calendar.ts';
import { ALERTS_TYPE } from './methods.ts';
import { KV_TYPE } from './stringer.ts';
import {
  listValue,
  type MapValue,
  type StructValue,
  stringMapValue,
  structValue,
  timeValue,
  ZERO_TIME_NS,
} from './value.ts';

/** Names and values, in any order. */
export type TemplateLabels = Iterable<readonly [name: string, value: string]>;

/** One alert of a notification, as templates see it. */
export interface TemplateAlert {
  readonly status: 'firing' | 'resolved';
  readonly labels: TemplateLabels;
  readonly annotations: TemplateLabels;
  readonly startsAtMs: number;
  /** Null while it fires: templates then see the zero time. */
  readonly endsAtMs: number | null;
  readonly generatorUrl: string;
  /** Sixteen hexadecimal digits. */
  readonly fingerprint: string;
}

/** What a notification is about: the root (`.`, `$`) of its templates. */
export interface NotificationSubject {
  /** With regex metacharacters escaped, as Alertmanager gives it to templates. */
  readonly receiver: string;
  readonly status: 'firing' | 'resolved';
  readonly alerts: readonly TemplateAlert[];
  readonly groupLabels: TemplateLabels;
  readonly commonLabels: TemplateLabels;
  readonly commonAnnotations: TemplateLabels;
  readonly externalUrl: string;
  /** "first notification", "new alerts in group", …. */
  readonly notificationReason: string;
  readonly routeLabels: TemplateLabels;
}

/** The template data of Alertmanager: `.Receiver`, `.Alerts.Firing`, `.CommonLabels.SortedPairs`, …. */
export function notificationRoot(subject: NotificationSubject): StructValue {
  return structValue(
    '*template.Data',
    {
      Receiver: subject.receiver,
      Status: subject.status,
      Alerts: listValue(subject.alerts.map(alertStruct), ALERTS_TYPE),
      NotificationReason: subject.notificationReason,
      GroupLabels: labelSet(subject.groupLabels),
      CommonLabels: labelSet(subject.commonLabels),
      CommonAnnotations: labelSet(subject.commonAnnotations),
      RouteLabels: labelSet(subject.routeLabels),
      ExternalURL: subject.externalUrl,
    },
    {
      Receiver: 'receiver',
      Status: 'status',
      Alerts: 'alerts',
      NotificationReason: 'notification_reason',
      GroupLabels: 'groupLabels',
      CommonLabels: 'commonLabels',
      CommonAnnotations: 'commonAnnotations',
      RouteLabels: 'routeLabels',
      ExternalURL: 'externalURL',
    },
  );
}

const ALERT_JSON_NAMES = {
  Status: 'status',
  Labels: 'labels',
  Annotations: 'annotations',
  StartsAt: 'startsAt',
  EndsAt: 'endsAt',
  GeneratorURL: 'generatorURL',
  Fingerprint: 'fingerprint',
};

function alertStruct(alert: TemplateAlert): StructValue {
  return structValue(
    'template.Alert',
    {
      Status: alert.status,
      Labels: labelSet(alert.labels),
      Annotations: labelSet(alert.annotations),
      StartsAt: instant(alert.startsAtMs),
      EndsAt: alert.endsAtMs === null ? timeValue(ZERO_TIME_NS) : instant(alert.endsAtMs),
      GeneratorURL: alert.generatorUrl,
      Fingerprint: alert.fingerprint,
    },
    ALERT_JSON_NAMES,
  );
}

function labelSet(labels: TemplateLabels): MapValue {
  return stringMapValue(labels, KV_TYPE);
}

function instant(epochMs: number): ReturnType<typeof timeValue> {
  return timeValue(BigInt(Math.trunc(epochMs)) * MILLISECOND_NS);
}
