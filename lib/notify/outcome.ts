import { daysFromDate } from '../model/calendar.ts';
import type { OutgoingResponse } from '../ports.ts';
import { truncate } from './notification.ts';
import type { SecretKeeper } from './secrets.ts';

/** Why a notification did not go out; Alertmanager's words, used as the `reason` label of failure counters. */
export type FailureReason =
  | 'clientError'
  | 'serverError'
  | 'authError'
  | 'rateLimited'
  | 'timeout'
  | 'network'
  | 'other';

/** How one attempt ended. */
export type DeliveryOutcome =
  /**
   * `remember` is kept with the notification log for the next notification of the group (a Slack thread). `note` is what the
   * operator should know all the same (a recipient that was refused); null when all is well.
   */
  | { readonly kind: 'delivered'; readonly remember: Readonly<Record<string, string>>; readonly note: string | null }
  /** Worth another attempt; not before `afterMs` when the receiver said so, else null for the usual back-off. */
  | { readonly kind: 'retry'; readonly reason: FailureReason; readonly detail: string; readonly afterMs: number | null }
  | { readonly kind: 'rejected'; readonly reason: FailureReason; readonly detail: string };

export const DELIVERED = { kind: 'delivered', remember: {}, note: null } as const satisfies DeliveryOutcome;
const MAX_DETAIL_LENGTH = 300;
const MAX_RETRY_AFTER_MS = 900_000;

/**
 * The usual reading of an HTTP answer: 2xx is delivered; 5xx, 429, time-outs and network errors are retried; all else is
 * rejected. Alertmanager gives up on 429 for most receivers; ours waits as long as `Retry-After` asks (docs/differences.md).
 */
export function httpOutcome(response: OutgoingResponse, nowMs: number): DeliveryOutcome {
  if (response.kind === 'failure') {
    const kind = response.reason === 'refused-address' ? 'rejected' : 'retry';
    const reason = response.reason === 'refused-address' ? 'other' : response.reason;
    return kind === 'rejected'
      ? { kind, reason, detail: response.detail }
      : { kind, reason, detail: response.detail, afterMs: null };
  }
  const { status, headers } = response;
  if (status >= 200 && status < 300) return DELIVERED;
  const detail = statusDetail(status, response.body);
  if (status === 429) return { kind: 'retry', reason: 'rateLimited', detail, afterMs: retryAfterMs(headers, nowMs) };
  if (status >= 500) return { kind: 'retry', reason: 'serverError', detail, afterMs: retryAfterMs(headers, nowMs) };
  if (status === 401 || status === 403) return { kind: 'rejected', reason: 'authError', detail };
  return { kind: 'rejected', reason: status >= 400 ? 'clientError' : 'other', detail };
}

/** "unexpected status code 404: body", the body as it came. */
export function statusDetail(status: number, body: string): string {
  return `unexpected status code ${status}${body.trim() === '' ? '' : `: ${body}`}`;
}

/** A detail as it is logged and stored: without secrets, on one line, cut. In this order, so that no half of a secret is left. */
export function printDetail(detail: string, { redact }: SecretKeeper): string {
  return truncate(
    redact(detail)
      .replace(/[\s\p{Cc}]+/gu, ' ')
      .trim(),
    MAX_DETAIL_LENGTH,
  );
}

/** `Retry-After` in milliseconds from now, either of its forms; null when absent or unreadable; capped at 15 minutes. */
function retryAfterMs(headers: ReadonlyMap<string, string>, nowMs: number): number | null {
  const value = headers.get('retry-after')?.trim() ?? '';
  if (/^\d+$/.test(value)) return Math.min(Number(value) * 1000, MAX_RETRY_AFTER_MS);
  const untilMs = parseHttpDate(value);
  if (untilMs === null) return null;
  return Math.min(Math.max(untilMs - nowMs, 0), MAX_RETRY_AFTER_MS);
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** "Sat, 21 Nov 2026 02:07:27 GMT" as epoch milliseconds. */
function parseHttpDate(text: string): number | null {
  const found = /^\w{3}, (\d{2}) (\w{3}) (\d{4}) (\d{2}):(\d{2}):(\d{2}) GMT$/.exec(text);
  if (found === null) return null;
  const [, day, month, year, hour, minute, second] = found;
  const monthNumber = MONTHS.indexOf(month ?? '') + 1;
  if (monthNumber === 0) return null;
  const days = daysFromDate({ year: Number(year), month: monthNumber, day: Number(day) });
  return ((days * 24 + Number(hour)) * 60 + Number(minute)) * 60_000 + Number(second) * 1000;
}
