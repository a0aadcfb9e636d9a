/** The probes of shared/captures/templates: texts that real Alertmanager rendered, with what it gave. Needs TOCSIN_SHARED. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TemplateMode } from '../../lib/templates/template.ts';
import { capturedFolder, capturedRoot, renderCaptured } from './captured.ts';

interface Probe {
  readonly type: TemplateMode;
  readonly text: string;
  readonly ok: boolean;
  readonly output?: string;
  readonly error?: string;
}

/** What version 0.33.1 refused and 0.34 does. */
const SINCE_0_34: ReadonlyMap<string, string> = new Map([
  ['{{ .CommonLabels.SortedPairs.Names.Join "," }}', 'alertname,cluster,severity'],
  ['{{ base64encode "a?b>c~" }}', 'YT9iPmN-'],
  ['{{ base64decode "YT9iPmN-" }}', 'a?b>c~'],
  ['{{ toDate "2006-01-02" "2026-05-06" }}', '2026-05-06 00:00:00 +0000 UTC'],
]);

// The file is written by us; its shape is that of the interface above.
const probes = JSON.parse(readFileSync(join(capturedFolder, 'golden.json'), 'utf8')) as readonly Probe[];

test(`${probes.length} captured probes render as real Alertmanager rendered them`, async (t) => {
  for (const probe of probes) {
    await t.test(`${probe.type}: ${probe.text.slice(0, 70)}`, () => {
      const expected = SINCE_0_34.get(probe.text) ?? (probe.ok ? probe.output : `error: ${probe.error}`);
      assert.equal(renderCaptured(probe.text, probe.type, capturedRoot()), expected);
    });
  }
});
