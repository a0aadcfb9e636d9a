/** What shared/captures/templates holds, and our rendering on it. Needs TOCSIN_SHARED. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { notificationRoot } from '../../lib/templates/notification-root.ts';
import { notifyFunctions } from '../../lib/templates/notify-functions.ts';
import { executeTemplate, extendTemplates, parseTemplates, type TemplateMode } from '../../lib/templates/template.ts';
import { TemplateError } from '../../lib/templates/template-error.ts';
import type { StructValue } from '../../lib/templates/value.ts';

interface CapturedAlert {
  readonly status: 'firing' | 'resolved';
  readonly labels: Record<string, string>;
  readonly annotations: Record<string, string>;
  readonly startsAt: string;
  readonly endsAt: string;
  readonly generatorURL: string;
  readonly fingerprint: string;
}

interface CapturedSubject {
  readonly receiver: string;
  readonly status: 'firing' | 'resolved';
  readonly notification_reason: string;
  readonly externalURL: string;
  readonly groupLabels: Record<string, string>;
  readonly commonLabels: Record<string, string>;
  readonly commonAnnotations: Record<string, string>;
  readonly alerts: readonly CapturedAlert[];
}

const shared = process.env['TOCSIN_SHARED'];
assert.ok(shared, 'TOCSIN_SHARED must name the folder with captures/');
export const capturedFolder = join(shared, 'captures', 'templates');
// The file is written by us; its shape is that of the interface above.
const captured = JSON.parse(readFileSync(join(capturedFolder, 'data.json'), 'utf8')) as CapturedSubject;
const extra = { name: '', text: readFileSync(join(capturedFolder, 'extra.tmpl'), 'utf8') };
const functions = notifyFunctions({ nowMs: Date.parse('2026-11-21T00:00:00Z'), routeLabel: () => '' });
const sets = { text: parseTemplates([extra], functions, 'text'), html: parseTemplates([extra], functions, 'html') };

export function capturedRoot(): StructValue {
  const root = notificationRoot({
    receiver: captured.receiver,
    status: captured.status,
    alerts: captured.alerts.map((alert) => ({
      status: alert.status,
      labels: Object.entries(alert.labels),
      annotations: Object.entries(alert.annotations),
      startsAtMs: Date.parse(alert.startsAt),
      endsAtMs: alert.endsAt.startsWith('0001') ? null : Date.parse(alert.endsAt),
      generatorUrl: alert.generatorURL,
      fingerprint: alert.fingerprint,
    })),
    groupLabels: Object.entries(captured.groupLabels),
    commonLabels: Object.entries(captured.commonLabels),
    commonAnnotations: Object.entries(captured.commonAnnotations),
    externalUrl: captured.externalURL,
    notificationReason: captured.notification_reason,
    routeLabels: [],
  });
  // amtool, which made the captures, hands over a value and not a pointer, and knows no route labels yet.
  const fields = new Map(root.fields);
  fields.delete('RouteLabels');
  return { ...root, type: 'template.Data', fields };
}

/** The output, or `error: ` and the message. */
export function renderCaptured(text: string, mode: TemplateMode, root: StructValue): string {
  try {
    return executeTemplate(extendTemplates(sets[mode], { name: '', text }), '', root);
  } catch (error) {
    if (error instanceof TemplateError) return `error: ${error.message}`;
    throw error;
  }
}
