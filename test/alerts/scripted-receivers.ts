/** Receivers that answer as they are told, and remember what they were sent. */
import type { AlertmanagerConfig } from '../../lib/alerts/config.ts';
import { type DeliveryOutcome, httpOutcome } from '../../lib/notify/outcome.ts';
import type { Attempt, NotificationAttempts } from '../../lib/services/notification-attempts.ts';
import type { Answer } from './scenario-script.ts';

/** One attempt to notify, as the receiver saw it. */
export interface Capture {
  readonly atMs: number;
  /** "ops", or "ops/1" where a receiver has several integrations. */
  readonly hook: string;
  readonly attempt: Attempt;
  /** Those that were told: without the resolved ones where they are not wanted. */
  readonly alerts: Attempt['alerts'];
  readonly outcome: DeliveryOutcome;
}

export interface Theatre {
  readonly clock: { nowMs(): number };
  readonly services: () => { readonly config: AlertmanagerConfig; readonly attempts: NotificationAttempts };
  /** Runs something when the clock is there. */
  readonly runAt: (atMs: number, work: () => Promise<void>) => void;
  /** Called where an outcome is about to be written, and after. */
  readonly onOutcome: ((phase: 'before' | 'after') => void) | undefined;
}

export function createScriptedReceivers({ clock, services, runAt, onOutcome }: Theatre) {
  const answers = new Map<string, Answer>();
  const captures: Capture[] = [];

  async function deliver(attempt: Attempt): Promise<void> {
    const { hook, sendResolved, timeoutMs } = describe(attempt, services().config);
    const answer = answers.get(hook) ?? { kind: 'status', status: 200 };
    const takesMs = durationMs(answer);
    const limitMs = Math.min(attempt.untilMs - clock.nowMs(), timeoutMs === 0 ? Number.POSITIVE_INFINITY : timeoutMs);
    const outcome = outcomeOf(answer, takesMs <= limitMs, clock.nowMs());
    const alerts = attempt.alerts.filter((alert) => sendResolved || alert.endsAtMs === null);
    const record = async (): Promise<void> => {
      captures.push({ atMs: clock.nowMs(), hook, attempt, alerts, outcome });
      if (answer.kind === 'dies') return;
      onOutcome?.('before');
      await services().attempts.recordOutcome(attempt, outcome, clock.nowMs());
      onOutcome?.('after');
    };
    const waitMs = Math.min(takesMs, limitMs);
    if (waitMs === 0) await record();
    else runAt(clock.nowMs() + waitMs, record);
  }

  return { answers, captures, deliver };
}

function describe(
  { intent }: Attempt,
  config: AlertmanagerConfig,
): { readonly hook: string; readonly sendResolved: boolean; readonly timeoutMs: number } {
  const { integrations = [] } = config.receivers.find(({ name }) => name === intent.receiver) ?? {};
  const found = integrations.find(({ kind, index }) => `${kind}/${index}` === intent.integration);
  return {
    hook: integrations.length === 1 ? intent.receiver : `${intent.receiver}/${found?.index}`,
    sendResolved: found?.settings.sendResolved ?? true,
    timeoutMs: found?.kind === 'webhook' ? found.settings.timeoutMs : 0,
  };
}

function durationMs(answer: Answer): number {
  if (answer.kind === 'hang') return Number.POSITIVE_INFINITY;
  return answer.kind === 'slow' ? answer.afterMs : 0;
}

function outcomeOf(answer: Answer, isInTime: boolean, nowMs: number): DeliveryOutcome {
  if (!isInTime) return httpOutcome({ kind: 'failure', reason: 'timeout', detail: 'no answer' }, nowMs);
  const status = answer.kind === 'status' ? answer.status : 200;
  return httpOutcome({ kind: 'response', status, headers: new Map(), body: '' }, nowMs);
}
