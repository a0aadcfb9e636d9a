// Random scripts are played to a real Alertmanager and to the local process side by side; both must page alike and show alike. A script
// that differs is played again with the others that do, because a machine that stalls can make an instant of a flush meet another one:
// what differs each time is a difference.
//   TOCSIN_SEEDS=200-239  plays other scripts than those that are always played.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countNotifications, differences } from './differential/compare.ts';
import { playScripts } from './differential/play.ts';
import { randomScript } from './differential/random-script.ts';
import type { Script } from './differential/script.ts';

const ROUNDS = 3;

function seeds(): readonly number[] {
  const [first = 1, last = 40] = (process.env['TOCSIN_SEEDS'] ?? '1-40').split('-').map(Number);
  return Array.from({ length: last - first + 1 }, (_, n) => first + n);
}

test('random scripts page and show what a real Alertmanager does', async (context) => {
  const found = new Map<string, readonly string[]>();
  let left: readonly Script[] = seeds().map(randomScript);
  for (let round = 1; round <= ROUNDS && left.length > 0; round++) {
    const outcomes = await playScripts(left);
    const lateMs = Math.max(...outcomes.flatMap(({ real, ours }) => [real.lateMs, ours.lateMs]));
    for (const outcome of outcomes) found.set(outcome.script.name, differences(outcome));
    left = left.filter(({ name }) => (found.get(name) ?? []).length > 0);
    context.diagnostic(
      `round ${round}: ${outcomes.length} scripts, ${countNotifications(outcomes)} notifications, ` +
        `${left.length} scripts differ (${left.map(({ name }) => name).join(' ')}); steps at most ${lateMs} ms late`,
    );
  }
  for (const { name, steps, routing } of left) {
    console.error(`--- ${name}\n${JSON.stringify(routing)}\n${steps.map((step) => JSON.stringify(step)).join('\n')}`);
    console.error((found.get(name) ?? []).join('\n'));
  }
  assert.deepEqual(
    left.map(({ name }) => name),
    [],
  );
});
