import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { alertId } from '../../lib/alerts/alert-record.ts';
import { createInhibition } from '../../lib/alerts/inhibition.ts';
import { parseMatchers } from '../../lib/alerts/matcher-text.ts';
import { silencedBy } from '../../lib/alerts/silence.ts';
import { type Labels, labelsFromPairs } from '../../lib/model/labels.ts';
import type { Matcher } from '../../lib/model/matcher.ts';
import { createAlertStore } from '../../lib/store/alerts.ts';
import { openWorld, type World } from './routing-world.ts';
import { parseScenario, printTime, type Scenario, type Step } from './scenario-script.ts';
import type { Capture } from './scripted-receivers.ts';

const folder = new URL('./scenarios/', import.meta.url);

for (const file of readdirSync(folder).sort()) {
  const scenario = parseScenario(readFileSync(new URL(file, folder), 'utf8'));
  for (const [deliveries, how] of [
    [1, ''],
    [2, ', with every message delivered twice'],
  ] as const) {
    test(`${file.replace('.txt', '').replaceAll('-', ' ')}${how}`, async () => {
      assert.deepEqual(await play(scenario, deliveries), inOrder(scenario.expected));
    });
  }
}

/** Attempts at one instant have no order among themselves. */
function inOrder(lines: readonly string[]): readonly string[] {
  const times = [...new Set(lines.map((line) => line.split(' ')[0]))];
  return times.flatMap((time) => lines.filter((line) => line.split(' ')[0] === time).sort());
}

async function play(scenario: Scenario, deliveries: number): Promise<readonly string[]> {
  const { startMs, config } = scenario;
  const world = await openWorld({ config, startMs, flushNotBeforeMs: startMs + scenario.delayMs, deliveries });
  const cast = createCast(scenario);
  for (const { atMs, line, step } of scenario.steps) {
    await world.advanceTo(startMs + atMs);
    try {
      await perform(step, { world, scenario, cast });
    } catch (error) {
      throw new Error(`line ${line}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
    }
  }
  await world.advanceTo(startMs + scenario.endMs);
  await world.close();
  return inOrder(world.captures.map((capture) => printCapture(capture, { startMs, cast })));
}

interface Cast {
  readonly labels: ReadonlyMap<string, Labels>;
  readonly names: ReadonlyMap<string, string>;
  /** Ids of silences by their names. */
  readonly silences: Map<string, string>;
}

function createCast({ alerts }: Scenario): Cast {
  const labels = new Map([...alerts].map(([name, text]) => [name, parseLabels(text)]));
  const names = new Map([...labels].map(([name, set]) => [alertId(set), name]));
  return { labels, names, silences: new Map() };
}

function parseLabels(text: string): Labels {
  return labelsFromPairs(matchersOf(text).map(({ name, value }) => [name, value]));
}

function matchersOf(text: string): readonly Matcher[] {
  const matchers = parseMatchers(text);
  if ('error' in matchers) throw new Error(matchers.error);
  return matchers;
}

interface Stage {
  readonly world: World;
  readonly scenario: Scenario;
  readonly cast: Cast;
}

async function perform(step: Step, stage: Stage): Promise<void> {
  const { world, scenario, cast } = stage;
  const at = (ms: number | null): number | null => (ms === null ? null : scenario.startMs + ms);
  switch (step.kind) {
    case 'post': {
      const posted = step.alerts.map(({ name, startsAtMs, endsAtMs, note }) => ({
        labels: labelsOf(cast, name),
        annotations: note === null ? [] : ([['note', note]] as const),
        startsAtMs: at(startsAtMs),
        endsAtMs: at(endsAtMs),
        generatorUrl: '',
      }));
      assert.deepEqual((await world.post(posted)).refused, []);
      return;
    }
    case 'silence':
      return setSilence(step, stage);
    case 'unsilence':
      assert.equal(await world.services().silences.end(cast.silences.get(step.name) ?? '', world.clock.atMs), 'ended');
      return;
    case 'status':
      assert.equal(await statusOf(labelsOf(cast, step.name), stage), step.text);
      return;
    case 'answer':
      world.answers.set(step.hook, step.answer);
      return;
    case 'reload':
      return world.reload(scenario.config);
    case 'lose':
      return world.lose(step.queue === 'notify' ? 'notify' : 'flush');
    case 'sweep':
      await world.sweep();
  }
}

function labelsOf(cast: Cast, name: string): Labels {
  const labels = cast.labels.get(name);
  if (labels === undefined) throw new Error(`no alert is called ${name}`);
  return labels;
}

async function setSilence(step: Step & { readonly kind: 'silence' }, { world, scenario, cast }: Stage): Promise<void> {
  const [from, to] = step.range;
  const posted = {
    id: cast.silences.get(step.name) ?? null,
    matchers: matchersOf(step.matchers),
    startsAtMs: scenario.startMs + from,
    endsAtMs: scenario.startMs + to,
    createdBy: 'test',
    comment: '',
    annotations: {},
  };
  const clerk = { nowMs: world.clock.atMs, newId: `${step.name}-${world.clock.atMs}`, nameMode: 'utf8' as const };
  const answer = await world.services().silences.set(posted, clerk);
  if (answer.kind !== 'saved') throw new Error(`the silence was not taken: ${JSON.stringify(answer)}`);
  cast.silences.set(step.name, answer.id);
}

/** "active", "suppressed silenced by s inhibited by b", or "absent", from the same reads as the API's. */
async function statusOf(labels: Labels, { world, cast }: Stage): Promise<string> {
  const nowMs = world.clock.atMs;
  const alerts = (await createAlertStore(world.table).list(nowMs)).filter((alert) => alert.endsAtMs > nowMs);
  if (!alerts.some((alert) => alert.id === alertId(labels))) return 'absent';
  const silences = silencedBy(labels, await world.services().silences.list(nowMs), nowMs);
  const source = createInhibition(world.services().config.inhibitRules, alerts, nowMs)(labels);
  const names = silences.map((id) => [...cast.silences].find(([, other]) => other === id)?.[0]);
  const parts = [
    ...(names.length > 0 ? [`silenced by ${names.join(' ')}`] : []),
    ...(source === null ? [] : [`inhibited by ${cast.names.get(source.id)}`]),
  ];
  return parts.length === 0 ? 'active' : `suppressed ${parts.join(' ')}`;
}

function printCapture(
  { atMs, hook, attempt, alerts, outcome }: Capture,
  { startMs, cast }: { readonly startMs: number; readonly cast: Cast },
): string {
  const head = `${printTime(atMs - startMs)} ${hook}: `;
  if (outcome.kind !== 'delivered') return `${head}fails: ${outcome.reason}`;
  const time = (ms: number): string => printTime(ms - startMs);
  const told = alerts.map(({ id, annotations, startsAtMs, endsAtMs }) => {
    const name = cast.names.get(id) ?? id;
    const note = annotations.map(([, value]) => ` ${JSON.stringify(value)}`).join('');
    return endsAtMs === null
      ? `firing ${name} from ${time(startsAtMs)}${note}`
      : `resolved ${name} [${time(startsAtMs)}, ${time(endsAtMs)})${note}`;
  });
  return `${head}${attempt.intent.reason}: ${told.join(', ')}`;
}
