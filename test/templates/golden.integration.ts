/** The probes of shared/captures/templates: texts that real Alertmanager rendered, with what it gave. Needs TOCSIN_SHARED. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { notificationRoot } from '../../lib/templates/notification-root.ts';
import { notifyFunctions } from '../../lib/templates/notify-functions.ts';
import { executeTemplate, extendTemplates, parseTemplates, type TemplateMode } from '../../lib/templates/template.ts';
import { TemplateError } from '../../lib/templates/template-error.ts';
import type { StructValue } from '../../lib/templates/value.ts';

interface Probe {
  readonly type: TemplateMode;
  readonly text: string;
  readonly ok: boolean;
  readonly output?: string;
  readonly error?: string;
}

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

/** What version 0.33.1 refused and 0.34 does. */
const SINCE_0_34: ReadonlyMap<string, string> = new Map([
  ['{{ .CommonLabels.SortedPairs.Names.Join "," }}', 'alertname,cluster,severity'],
  ['{{ base64encode "a?b>c~" }}', 'YT9iPmN-'],
  ['{{ base64decode "YT9iPmN-" }}', 'a?b>c~'],
  ['{{ toDate "2006-01-02" "2026-05-06" }}', '2026-05-06 00:00:00 +0000 UTC'],
]);

const shared = process.env['TOCSIN_SHARED'];
assert.ok(shared, 'TOCSIN_SHARED must name the folder with captures/');
const folder = join(shared, 'captures', 'templates');
// The files are written by us; their shapes are those of the interfaces above.
const probes = JSON.parse(readFileSync(join(folder, 'golden.json'), 'utf8')) as readonly Probe[];
const captured = JSON.parse(readFileSync(join(folder, 'data.json'), 'utf8')) as CapturedSubject;
const extra = { name: '', text: readFileSync(join(folder, 'extra.tmpl'), 'utf8') };
const functions = notifyFunctions({ nowMs: Date.parse('2026-11-21T00:00:00Z'), routeLabel: () => '' });
const sets = { text: parseTemplates([extra], functions, 'text'), html: parseTemplates([extra], functions, 'html') };

function capturedRoot(): StructValue {
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
  // amtool, which made the captures, hands over a value and not a pointer.
  return { ...root, type: 'template.Data' };
}

function render({ type, text }: Probe): string {
  try {
    return executeTemplate(extendTemplates(sets[type], { name: '', text }), '', capturedRoot());
  } catch (error) {
    if (error instanceof TemplateError) return `error: ${error.message}`;
    throw error;
  }
}

test(`${probes.length} captured probes render as real Alertmanager rendered them`, async (t) => {
  for (const probe of probes) {
    await t.test(`${probe.type}: ${probe.text.slice(0, 70)}`, () => {
      const expected = SINCE_0_34.get(probe.text) ?? (probe.ok ? probe.output : `error: ${probe.error}`);
      assert.equal(render(probe), expected);
    });
  }
});
