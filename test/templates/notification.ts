import { type NotificationSubject, notificationRoot } from '../../lib/templates/notification-root.ts';
import { notifyFunctions } from '../../lib/templates/notify-functions.ts';
import { executeTemplate, parseTemplates, type TemplateMode } from '../../lib/templates/template.ts';
import { TemplateError } from '../../lib/templates/template-error.ts';

/** 2026-01-02T03:04:05.678Z. */
export const STARTED_AT_MS = 1_767_323_045_678;

/** Two alerts of one group: one fires since `STARTED_AT_MS`, one was resolved after half an hour. */
export const subject: NotificationSubject = {
  receiver: 'team\\.x',
  status: 'firing',
  alerts: [
    {
      status: 'firing',
      labels: [
        ['instance', 'n1'],
        ['alertname', 'HighCPU'],
        ['Zone', 'z'],
      ],
      annotations: [['summary', 'CPU <hot> & "bad"']],
      startsAtMs: STARTED_AT_MS,
      endsAtMs: null,
      generatorUrl: 'http://p/graph?a=1&b=2',
      fingerprint: 'c069f3235e7d3c1f',
    },
    {
      status: 'resolved',
      labels: [
        ['alertname', 'HighCPU'],
        ['instance', 'n2'],
      ],
      annotations: [],
      startsAtMs: STARTED_AT_MS,
      endsAtMs: STARTED_AT_MS + 1_800_000,
      generatorUrl: 'javascript:alert(1)',
      fingerprint: '19bcfc89fadef957',
    },
  ],
  groupLabels: [['alertname', 'HighCPU']],
  commonLabels: [
    ['severity', 'critical'],
    ['alertname', 'HighCPU'],
    ['cluster', 'eu'],
  ],
  commonAnnotations: [['summary', 'CPU <hot> & "bad"']],
  externalUrl: 'http://am.example.com:9093',
  notificationReason: 'first notification',
  routeLabels: [['owner', 'team-x']],
};

/** Renders a text on `subject` an hour after the first alert started; the message where it fails. */
export function renderNotification(text: string, mode: TemplateMode = 'text'): string {
  const functions = notifyFunctions({ nowMs: STARTED_AT_MS + 3_600_000, routeLabel: (name) => `label ${name}` });
  try {
    return executeTemplate(parseTemplates([{ name: '', text }], functions, mode), '', notificationRoot(subject));
  } catch (error) {
    if (error instanceof TemplateError) return error.message;
    throw error;
  }
}
