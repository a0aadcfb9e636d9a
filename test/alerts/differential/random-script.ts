/** Random scripts: the same seed makes the same script. */
import { type AlertRecord, isResolved, mergeReports, stampAlert } from '../../../lib/alerts/alert-record.ts';
import { printMatcher } from '../../../lib/alerts/matcher-text.ts';
import { labelsOf } from '../../../lib/model/labels.ts';
import { type Chance, createChance } from './chance.ts';
import { randomAlerts, randomMatcher, randomRouting } from './routing.ts';
import { RESOLVE_TIMEOUT_MS, type Report, type Script, type SilenceMatcher, type Step, type Texts } from './script.ts';
import { randomTiming, SLOT_MS, type Timing } from './timing.ts';

/** Nothing is done after this. */
const LAST_STEP_MS = 21_000;
const LONG_MS = 3_600_000;

export function randomScript(seed: number): Script {
  const name = `s${seed}`;
  const chance = createChance(seed);
  const timing = randomTiming(chance);
  const alerts = randomAlerts(name, chance);
  const routing = randomRouting(name, alerts, timing, chance);
  const author: Author = { script: name, chance, timing, alerts: createLives(alerts), silences: [], notes: 0 };
  const steps = timing.kind === 'waiting' ? waitingSteps(author) : immediateSteps(author);
  return { name, offsetMs: timing.offsetMs, routing, steps: steps.sort((a, b) => a.atMs - b.atMs) };
}

interface Author {
  readonly script: string;
  readonly chance: Chance;
  readonly timing: Timing;
  readonly alerts: Lives;
  /** Names of silences that have been set. */
  readonly silences: string[];
  notes: number;
}

type Lives = ReturnType<typeof createLives>;

/** What is known of each alert at an instant, so that it is told from what was posted which alerts are active. */
function createLives(alerts: readonly Texts[]) {
  const records = new Map<Texts, AlertRecord>();
  return {
    all: alerts,
    active: (atMs: number): readonly { readonly labels: Texts; readonly record: AlertRecord }[] =>
      [...records].filter(([, each]) => !isResolved(each, atMs)).map(([labels, record]) => ({ labels, record })),
    /** Not active, and not just about to end: a group may still be about to be formed for it. */
    inactive: (atMs: number): readonly Texts[] =>
      alerts.filter((labels) => {
        const record = records.get(labels);
        return record === undefined || isResolved(record, atMs);
      }),
    post: (report: Report, atMs: number): void => {
      const posted = { ...report, labels: labelsOf(report.labels), annotations: [], generatorUrl: '' };
      const record = stampAlert(posted, { receivedAtMs: atMs, resolveTimeoutMs: RESOLVE_TIMEOUT_MS });
      const known = alerts.find((labels) => labels === report.labels);
      const before = known === undefined ? undefined : records.get(known);
      if (known !== undefined) records.set(known, before === undefined ? record : mergeReports(before, record));
    },
  };
}

/** See timing.ts. */
function waitingSteps(author: Author): Step[] {
  const { chance } = author;
  const steps: Step[] = [];
  for (let atMs = 1_000; atMs <= LAST_STEP_MS; atMs += 1_000) {
    if (chance.flip(atMs === 1_000 ? 0.9 : 0.5)) {
      const active = author.alerts.active(atMs);
      const inactive = author.alerts.inactive(atMs);
      const reports = [
        ...chance
          .some(inactive, chance.between(0, 2))
          .map((labels) => newReport(author, labels, { atMs, maxAgeMs: 300 })),
        ...chance.some(active, chance.between(0, 2)).map((alert) => laterReport(author, alert, atMs)),
      ];
      steps.push(...postStep(author, reports, atMs));
    }
    if (chance.flip(0.12)) steps.push(silenceStep(author, atMs));
    if (chance.flip(0.06)) steps.push(answerStep(author, atMs));
    if (chance.flip(0.25)) steps.push(lookStep(author, atMs + 750));
  }
  return steps;
}

/** See timing.ts. */
function immediateSteps(author: Author): Step[] {
  const { chance, timing } = author;
  const steps: Step[] = [];
  const taken = new Set<number>();
  for (let atMs = 1_000; atMs <= LAST_STEP_MS; atMs += SLOT_MS) {
    if ((atMs / SLOT_MS) % 2 === 0) {
      const inactive = author.alerts.inactive(atMs);
      if (inactive.length === 0 || taken.has(atMs % timing.periodMs) || !chance.flip(0.3)) continue;
      taken.add(atMs % timing.periodMs);
      const report = newReport(author, chance.pick(inactive), { atMs, maxAgeMs: 10_000 });
      steps.push(...postStep(author, [report], atMs));
      continue;
    }
    const active = author.alerts.active(atMs);
    if (active.length > 0 && chance.flip(0.15)) {
      const reports = chance.some(active, chance.between(1, 2)).map((alert) => laterReport(author, alert, atMs));
      steps.push(...postStep(author, reports, atMs));
    } else if (chance.flip(0.07)) steps.push(silenceStep(author, atMs));
    else if (chance.flip(0.03)) steps.push(answerStep(author, atMs));
    else if (chance.flip(0.08)) steps.push(lookStep(author, atMs));
  }
  const busy = new Set(steps.flatMap((step) => [...endsOf(step), ...(step.kind === 'look' ? [] : [step.atMs])]));
  return steps.filter((step) => step.kind !== 'look' || !busy.has(step.atMs));
}

/** Instants at which something that a step says will begin or end. */
function endsOf(step: Step): readonly number[] {
  if (step.kind === 'silence') return [step.silence.startsAtMs ?? step.atMs, step.silence.endsAtMs];
  if (step.kind !== 'post') return [];
  return step.alerts.map(({ endsAtMs }) => endsAtMs ?? step.atMs + RESOLVE_TIMEOUT_MS);
}

function postStep(author: Author, reports: readonly Report[], atMs: number): readonly Step[] {
  const { chance } = author;
  for (const report of reports) author.alerts.post(report, atMs);
  const alerts = reports.map((report) =>
    chance.flip(0.1) ? { ...report, labels: { ...report.labels, nothing: '' } } : report,
  );
  const [first] = reports;
  if (first !== undefined && chance.flip(0.1)) alerts.push({ ...first, startsAtMs: atMs, endsAtMs: atMs - 1_000 });
  return alerts.length === 0 ? [] : [{ kind: 'post', atMs, alerts }];
}

function annotate(author: Author): Texts {
  const { chance } = author;
  if (chance.flip(0.4)) return {};
  if (chance.flip(0.5)) author.notes++;
  return chance.flip(0.2) ? { note: `n${author.notes}`, empty: '' } : { note: `n${author.notes}` };
}

/** An alert that is not active begins, or is said to have been. */
function newReport(
  author: Author,
  labels: Texts,
  { atMs, maxAgeMs }: { readonly atMs: number; readonly maxAgeMs: number },
): Report {
  const { chance, timing } = author;
  const annotations = annotate(author);
  const startsAtMs = chance.pick([null, atMs, atMs - 200, atMs - maxAgeMs, atMs + 1_100]);
  const base = { labels, annotations, startsAtMs };
  const kind = chance.pick(['long', 'long', 'short', 'short', 'timeout', 'timeout', 'over'] as const);
  if (kind === 'long') return { ...base, endsAtMs: atMs + LONG_MS + SLOT_MS };
  if (kind === 'short')
    return { ...base, endsAtMs: atMs + chance.pick(timing.spansMs.filter((span) => span % 500 !== 0)) };
  if (kind === 'over' && maxAgeMs > 2_000) {
    return { ...base, startsAtMs: atMs - 5_000, endsAtMs: atMs - chance.pick([SLOT_MS, 1_250]) };
  }
  return { ...base, endsAtMs: null };
}

/** More is said about an alert that is active. */
function laterReport(
  author: Author,
  { labels, record }: { readonly labels: Texts; readonly record: AlertRecord },
  atMs: number,
): Report {
  const { chance, timing } = author;
  const begun = Math.min(record.startsAtMs, atMs);
  const span = chance.pick(timing.kind === 'waiting' ? timing.spansMs : [2_000, 4_000, 6_500]);
  const base = { labels, annotations: annotate(author) };
  switch (
    chance.pick(['resolve', 'resolve', 'resolve', 'resend', 'resend', 'again', 'earlier', 'bare', 'past'] as const)
  ) {
    case 'resolve':
      return { ...base, startsAtMs: begun, endsAtMs: atMs };
    case 'bare':
      return { ...base, startsAtMs: null, endsAtMs: atMs };
    case 'past':
      return { ...base, startsAtMs: begun - 2_000, endsAtMs: Math.max(atMs - 1_000, begun - 1_000) };
    case 'again':
      return { ...base, startsAtMs: atMs, endsAtMs: atMs + span };
    case 'earlier':
      return { ...base, startsAtMs: begun - 1_500, endsAtMs: atMs + span };
    case 'resend':
      // Without an end only where the end lies off the flushes.
      if (timing.kind === 'waiting' && chance.flip(0.5)) return { ...base, startsAtMs: begun, endsAtMs: null };
      return { ...base, startsAtMs: begun, endsAtMs: atMs + span };
  }
}

function silenceStep(author: Author, atMs: number): Step {
  const { chance, timing, silences, script } = author;
  const known = silences.length > 0 ? chance.pick(silences) : null;
  if (known !== null && chance.flip(0.35)) return { kind: 'expire', atMs, name: known };
  const span = chance.pick(timing.kind === 'waiting' ? timing.spansMs : [2_000, 4_000, 6_500]);
  const comment = `c${atMs}`;
  // A millisecond each, so that no two end at one instant, which has no order.
  const endsAtMs = atMs + span + silences.length;
  if (known !== null && chance.flip(0.5)) {
    const matchers = chance.flip(0.6) ? matchersOf.get(known + script) : undefined;
    const silence = { name: known, matchers: matchers ?? silenceMatchers(author), startsAtMs: null, endsAtMs, comment };
    return { kind: 'silence', atMs, silence };
  }
  const name = `q${silences.length}`;
  silences.push(name);
  const matchers = silenceMatchers(author);
  matchersOf.set(name + script, matchers);
  const delayMs = timing.kind === 'waiting' ? SLOT_MS : 2 * SLOT_MS;
  const startsAtMs = chance.pick([atMs - 5_000, atMs - 5_000, atMs + delayMs, atMs + 1_000 + delayMs]);
  return { kind: 'silence', atMs, silence: { name, matchers, startsAtMs, endsAtMs: endsAtMs + 1_000, comment } };
}

/** By name and script: what a silence was set with, to be set again. */
const matchersOf = new Map<string, readonly SilenceMatcher[]>();

function silenceMatchers({ chance, script }: Author): readonly SilenceMatcher[] {
  const own = { name: 'script', value: script, isRegex: false, isEqual: true };
  if (chance.flip(0.15)) return [own];
  const { name, operator, value } = randomMatcher(chance);
  return [own, { name, value, isRegex: operator.includes('~'), isEqual: !operator.startsWith('!') }];
}

function answerStep({ chance }: Author, atMs: number): Step {
  return { kind: 'answer', atMs, status: chance.pick([200, 200, 400]) };
}

function lookStep({ chance, script }: Author, atMs: number): Step {
  const { name, operator, value } = randomMatcher(chance);
  const filter = `filter=${encodeURIComponent(printMatcher({ name, operator, value }))}`;
  const parameters = [
    'active=false',
    'silenced=false',
    'inhibited=false',
    'muted=false',
    `receiver=${script}-[01]`,
    filter,
  ];
  return { kind: 'look', atMs, parameters: chance.some(parameters, chance.pick([0, 0, 1, 1, 2])).join('&') };
}
