import type { TimedValue } from './dataset.ts';
import type { Random } from './random.ts';

const ODD = [0, -0, 1, -1, Number.NaN, Infinity, -Infinity, 1e300, -1e300, 1e-250, 1e-7, 0.1, 123456789, 1e21, 2 ** 53];

/** Next value from the one before. */
type Step = (random: Random, before: number) => number;

const STEPS: ReadonlyMap<string, Step> = new Map<string, Step>([
  ['counter', (random, before) => (random.chance(0.03) ? random.int(5) : before + random.int(random.pick([1, 5, 50])))],
  ['fractional counter', (random, before) => (random.chance(0.03) ? 0 : before + random.next() * 1000)],
  ['walk', (random, before) => Math.round((before + random.next() * 10 - 5) * 100) / 100],
  ['small', (random) => random.int(4)],
  ['boolean', (random) => (random.chance(0.9) ? 1 : 0)],
  ['odd', (random) => random.pick(ODD)],
  ['one', () => 1],
]);

/** Values of one kind at these times; some samples are staleness markers, some series stand still. */
export function floatSeries(random: Random, timesMs: readonly number[], values: string): TimedValue[] {
  const step = STEPS.get(values);
  if (step === undefined) throw new Error(`no values called ${values}`);
  const stale = random.pick([0, 0, 0, 0.02, 0.1]);
  const standsStill = random.chance(0.1);
  let value = random.int(100);
  if (values === 'one') value = 1;
  return timesMs.map((timeMs, i) => {
    if (i > 0 && random.chance(stale)) return { timeMs, value: { kind: 'stale' } };
    if (!standsStill) value = step(random, value);
    return { timeMs, value: { kind: 'float', value } };
  });
}
