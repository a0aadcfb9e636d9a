import { type Arena, createArena } from './arena.ts';
import { type FuzzCase, randomCase } from './case.ts';
import { UNSTEADY } from './choices.ts';
import { type Dataset, randomDataset } from './dataset.ts';
import type { Peers } from './engines.ts';
import { requestsOf, seriesOf } from './stored.ts';
import { tryCase, type Verdict } from './trial.ts';

/** Cases by number: `count` of them beginning with `from`. */
export interface Campaign {
  readonly seed: number;
  readonly from: number;
  readonly count: number;
  /** Only expressions of this kind; "" for all. */
  readonly kind: string;
}

/** What wants to know how it goes. */
export interface Observer {
  /** Asked before each case. */
  isOver(): boolean;
  judged(arena: Arena, fuzzCase: FuzzCase, verdict: Verdict): Promise<void>;
}

/** So many expressions see the same data. */
const CASES_PER_DATASET = 5_000;
/** Queries under way at a time, so that neither side waits for the other. */
const LANES = 6;

/** Runs all cases, each dataset with databases of its own. */
export async function runCampaign(campaign: Campaign, start: () => Promise<Peers>, observer: Observer): Promise<void> {
  const end = campaign.from + campaign.count;
  for (let from = campaign.from; from < end && !observer.isOver(); ) {
    const number = Math.floor(from / CASES_PER_DATASET);
    const to = Math.min(end, (number + 1) * CASES_PER_DATASET);
    const dataset = randomDataset(campaign.seed, number, 0);
    const part = { ...campaign, from, count: to - from };
    const doubtful = await inArena(dataset, start, (arena) => runCases(arena, part, observer));
    if (doubtful.length > 0) await inArena(dataset, start, (arena) => judgeAlone(arena, doubtful, observer));
    from = to;
  }
}

/** The result of what is done with new databases that have the data. */
async function inArena<T>(
  dataset: Dataset,
  start: () => Promise<Peers>,
  run: (arena: Arena) => Promise<T>,
): Promise<T> {
  const peers = await start();
  try {
    await peers.write(requestsOf(seriesOf(dataset)));
    return await run(createArena(dataset, peers));
  } finally {
    await peers.stop();
  }
}

/** The cases that seem to differ; all others are judged. */
async function runCases(
  arena: Arena,
  { count, from, kind, seed }: Campaign,
  observer: Observer,
): Promise<readonly FuzzCase[]> {
  let next = from;
  const doubtful: FuzzCase[] = [];
  const lane = async (): Promise<void> => {
    while (next < from + count && !observer.isOver()) {
      const fuzzCase = randomCase(arena.dataset, { seed, index: next++ }, kind);
      const verdict = await tryCase(arena, fuzzCase);
      if (verdict.kind === 'differs') doubtful.push(fuzzCase);
      else await observer.judged(arena, fuzzCase, verdict);
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  return doubtful;
}

/** A 3.5 that is busy, or that was, now and then gives an answer that it does not give to who asks it first and alone. */
async function judgeAlone(arena: Arena, cases: readonly FuzzCase[], observer: Observer): Promise<void> {
  for (const fuzzCase of cases) {
    const verdict = await tryCase(arena, fuzzCase);
    const isUnsteady = verdict.kind === 'same';
    await observer.judged(arena, fuzzCase, isUnsteady ? { kind: 'explained', rule: UNSTEADY.name } : verdict);
  }
}

/** Counts of verdicts. */
export interface Tally {
  total: number;
  same: number;
  /** Of the same ones, those whose numbers agree to the last digit. */
  bits: number;
  /** Of the same ones, errors; answers without any series. */
  errors: number;
  empty: number;
  waiting: number;
  differing: number;
  explained: number;
  /** Of the explained ones, by the name of the choice; some need several. */
  readonly byName: Map<string, number>;
}

/** Nothing counted yet. */
export function createTally(): Tally {
  return { total: 0, same: 0, bits: 0, errors: 0, empty: 0, waiting: 0, differing: 0, explained: 0, byName: new Map() };
}

/** Adds one. */
export function countVerdict(tally: Tally, verdict: Verdict): void {
  tally.total++;
  if (verdict.kind === 'waiting') tally.waiting++;
  if (verdict.kind === 'differs') tally.differing++;
  if (verdict.kind === 'explained') {
    tally.explained++;
    for (const name of verdict.rule.split(', ')) tally.byName.set(name, (tally.byName.get(name) ?? 0) + 1);
  }
  if (verdict.kind !== 'same') return;
  tally.same++;
  if (verdict.bits) tally.bits++;
  if (verdict.answer.error !== null) tally.errors++;
  else if (verdict.answer.series.size === 0) tally.empty++;
}

/** The counts on one line. */
export function summaryOf(tally: Tally): string {
  const { bits, differing, empty, errors, explained, same, total, waiting } = tally;
  return [
    `${total} expressions`,
    `${same} same (${bits} to the last digit, ${errors} errors, ${empty} empty)`,
    ...(waiting > 0 ? [`${waiting} waiting`] : []),
    `${explained} explained`,
    `${differing} unexplained`,
  ].join(', ');
}

/** The choices that explained something, most frequent first, one a line. */
export function explanationsOf({ byName }: Tally): string {
  return [...byName]
    .sort(([, a], [, b]) => b - a)
    .map(([name, count]) => `  ${String(count).padStart(7)} explained by "${name}"`)
    .join('\n');
}
