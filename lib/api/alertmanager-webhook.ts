/** `POST /hooks/alertmanager`: the webhook of an Alertmanager, payload version 4, as reports of alerts. */
import * as z from 'zod';
import type { PostedAlert } from '../model/alert.ts';
import { InvalidInput, type Issue } from '../model/issue.ts';
import { holdsMoreJsonValues } from '../model/json-size.ts';
import { compareText, labelsFromPairs } from '../model/labels.ts';
import type { AlertmanagerService } from '../services/alertmanager.ts';
import { MAX_JSON_VALUES } from './alertmanager-json.ts';
import { parseDateTime, unlessZero } from './date-time.ts';
import { type HttpReply, type HttpRequest, textReply } from './http.ts';

/**
 * How long a firing alert counts as firing. The sender repeats it every `repeat_interval` (4 hours unless configured) and tells when it
 * is resolved, so the usual `resolve_timeout` of minutes would resolve it too early.
 */
const FIRING_FOR_MS = 86_400_000;
const MAX_BODY_BYTES = 6_000_000;
const MAX_ALERTS = 50_000;
/** The first mistakes of a payload show what its sender does wrong. */
const MAX_ISSUES = 100;

// Read as entries, because a label may be called "__proto__", which zod's record would lose.
const pairs = z.preprocess(
  (value) => (typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : value),
  z.array(z.tuple([z.string(), z.string()]), 'expected an object of texts'),
);

const instant = z.string().transform((text, context) => {
  const atMs = parseDateTime(text);
  if (atMs !== null) return unlessZero(atMs);
  context.addIssue({ code: 'custom', message: `not a date and time: ${JSON.stringify(text)}` });
  return z.NEVER;
});

const payload = z.object({
  version: z.literal('4', 'expected the webhook of an Alertmanager, version "4"'),
  alerts: z
    .array(
      z.object({
        status: z.enum(['firing', 'resolved']),
        labels: pairs,
        annotations: pairs.default([]),
        startsAt: instant,
        endsAt: instant.nullable().default(null),
        generatorURL: z.string().default(''),
      }),
    )
    .max(MAX_ALERTS),
});

/** Takes the alerts of one webhook; throws InvalidInput when the payload is wrong. 400 names the alerts that were not taken. */
export async function answerAlertmanagerWebhook(
  service: AlertmanagerService,
  { body, receivedAtMs }: HttpRequest,
): Promise<HttpReply> {
  const refused = await service.postAlerts(parseAlertmanagerWebhook(body, receivedAtMs), receivedAtMs);
  return refused.length === 0 ? textReply(200, '') : textReply(400, `${refused.join('\n')}\n`);
}

/** Throws InvalidInput with every issue, each with its path in the payload. */
function parseAlertmanagerWebhook(body: Uint8Array, receivedAtMs: number): readonly PostedAlert[] {
  if (body.byteLength > MAX_BODY_BYTES) {
    throw new InvalidInput([issue('too-large', '', `body of ${body.byteLength} bytes exceeds ${MAX_BODY_BYTES}`)]);
  }
  if (holdsMoreJsonValues(body, MAX_JSON_VALUES)) {
    throw new InvalidInput([issue('too-large', '', `body holds more than ${MAX_JSON_VALUES} JSON values`)]);
  }
  const parsed = payload.safeParse(parseJson(body));
  if (!parsed.success) {
    const { issues } = parsed.error;
    const shown = issues.slice(0, MAX_ISSUES);
    const more =
      issues.length > MAX_ISSUES ? [issue('invalid-value', '', `and ${issues.length - MAX_ISSUES} more`)] : [];
    throw new InvalidInput([
      ...shown.map(({ path, message }) => issue('invalid-value', printPath(path), message)),
      ...more,
    ]);
  }
  return parsed.data.alerts.map((alert) => ({
    labels: labelsFromPairs(alert.labels),
    annotations: alert.annotations.sort((a, b) => compareText(a[0], b[0])),
    startsAtMs: alert.startsAt,
    endsAtMs: alert.status === 'firing' ? receivedAtMs + FIRING_FOR_MS : (alert.endsAt ?? receivedAtMs),
    generatorUrl: alert.generatorURL,
  }));
}

function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(body));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new InvalidInput([issue('json-syntax', '', `not JSON: ${error.message}`)]);
  }
}

function printPath(path: readonly PropertyKey[]): string {
  return path
    .map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`))
    .join('')
    .replace(/^\./, '');
}

function issue(code: string, path: string, message: string): Issue {
  return { code, file: null, line: null, column: null, path, span: null, message, hint: null };
}
