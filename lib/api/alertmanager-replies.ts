/** Answers of Alertmanager's API v2. JSON is written as Go writes it: escaped, with a newline; field order as in Alertmanager. */

import { labelsToRecord } from '../model/labels.ts';
import { goJson } from '../notify/go-json.ts';
import type { AlertmanagerService, AlertView, GroupView, SilenceView } from '../services/alertmanager.ts';
import { renderDateTime } from './date-time.ts';
import type { HttpReply } from './http.ts';

const JSON_TYPE = { 'content-type': 'application/json' };

/** A value as JSON with a newline: payloads, and errors of handlers. */
export function payloadReply(status: number, value: unknown): HttpReply {
  return { status, headers: JSON_TYPE, body: goJson(value) };
}

/** An error of the router: no newline. */
export function routerReply(status: number, code: number, message: string): HttpReply {
  return { status, headers: JSON_TYPE, body: goJson({ code, message }).trimEnd() };
}

export function emptyReply(status: number): HttpReply {
  return { status, headers: {}, body: '' };
}

export function renderAlert({ alert, fingerprint, receivers, ...holds }: AlertView): unknown {
  const { silencedBy, inhibitedBy, mutedBy } = holds;
  const isSuppressed = silencedBy.length + inhibitedBy.length + mutedBy.length > 0;
  return {
    annotations: new Map(alert.annotations),
    endsAt: renderDateTime(alert.endsAtMs),
    fingerprint,
    receivers: receivers.map((name) => ({ name })),
    startsAt: renderDateTime(alert.startsAtMs),
    status: { inhibitedBy, mutedBy, silencedBy, state: isSuppressed ? 'suppressed' : 'active' },
    updatedAt: renderDateTime(alert.updatedAtMs),
    ...(alert.generatorUrl === '' ? {} : { generatorURL: alert.generatorUrl }),
    labels: labelsToRecord(alert.labels),
  };
}

export function renderGroup({ labels, receiver, alerts }: GroupView): unknown {
  return { alerts: alerts.map(renderAlert), labels: labelsToRecord(labels), receiver: { name: receiver } };
}

export function renderSilence({ silence, state }: SilenceView): unknown {
  const hasAnnotations = Object.keys(silence.annotations).length > 0;
  return {
    id: silence.id,
    status: { state },
    updatedAt: renderDateTime(silence.updatedAtMs),
    ...(hasAnnotations ? { annotations: silence.annotations } : {}),
    comment: silence.comment,
    createdBy: silence.createdBy,
    endsAt: renderDateTime(silence.endsAtMs),
    matchers: silence.matchers.map(({ name, operator, value }) => ({
      isEqual: operator === '=' || operator === '=~',
      isRegex: operator === '=~' || operator === '!~',
      name,
      value,
    })),
    startsAt: renderDateTime(silence.startsAtMs),
  };
}

export function renderReceivers(receivers: ReturnType<AlertmanagerService['listReceivers']>): unknown {
  return receivers.map(({ name, labels }) => ({ labels: labelsToRecord(labels), name }));
}

/** The Alertmanager whose API this is; amtool warns when its own first two numbers differ. */
const API_VERSION = '0.33.1';

export function renderStatus(
  config: string,
  about: { readonly version: string; readonly startedAtMs: number },
): unknown {
  return {
    cluster: { peers: [], status: 'disabled' },
    config: { original: config },
    uptime: renderDateTime(about.startedAtMs),
    versionInfo: {
      branch: 'tocsin',
      buildDate: '',
      buildUser: '',
      goVersion: '',
      revision: `tocsin ${about.version}`,
      version: API_VERSION,
    },
  };
}
