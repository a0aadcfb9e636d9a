import { setTimeout as sleep } from 'node:timers/promises';

const FIRST_PAUSE_MS = 25;
const MAX_PAUSE_MS = 2_000;
const MAX_ATTEMPTS = 9;

/** Calls `attempt` until it returns something else than `again`, with growing, jittered pauses; throws after about five seconds. */
export async function retryWhileBusy<T>(what: string, attempt: () => Promise<T | typeof again>): Promise<T> {
  for (let tries = 1; tries <= MAX_ATTEMPTS; tries++) {
    const result = await attempt();
    if (result !== again) return result;
    const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** tries, MAX_PAUSE_MS);
    await sleep(pauseMs * (0.5 + Math.random() / 2));
  }
  throw new Error(`${what} stayed busy through ${MAX_ATTEMPTS} attempts`);
}

/** What an attempt returns when the service was busy. */
export const again = Symbol('again');

/** Runs `work` for each item, at most `concurrency` at a time; the first error ends it. */
export async function forEachLimited<T>(
  items: readonly T[],
  concurrency: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const iterator = items.values();
  const run = async (): Promise<void> => {
    for (const item of iterator) await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, items.length) }, run));
}

/** Consecutive parts of at most `size` items. */
export function inParts<T>(items: readonly T[], size: number): T[][] {
  const parts: T[][] = [];
  for (let start = 0; start < items.length; start += size) parts.push(items.slice(start, start + size));
  return parts;
}
