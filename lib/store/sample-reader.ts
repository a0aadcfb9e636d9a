import type { SampleBatch } from '../model/sample.ts';
import type { StoredRecord, Table } from '../ports.ts';
import { decodeBlock } from '../series/block.ts';
import {
  blockPartition,
  hourOf,
  hoursBetween,
  receivedAtOf,
  receivedAtPrefix,
  SAMPLE_SHARDS,
  shardOf,
} from './sample-keys.ts';

/** What a query or rule is going to read: both ends inclusive, of samples. Null means any metric. */
export interface SeriesNeed {
  readonly metricName: string | null;
  readonly fromMs: number;
  readonly toMs: number;
}

/** Where loaded samples go: lib/series/memory.ts. Samples may come twice and in any order of time; the last of one time counts. */
export interface SampleMemory {
  append(batch: SampleBatch): void;
  dropBefore(timeMs: number): void;
}

/** What one load did. */
export interface Loaded {
  readonly blocks: number;
  readonly sizeBytes: number;
  readonly rows: number;
  /** Keys of blocks that cannot be decoded, with the reason; they are skipped. At most MAX_DAMAGED of them. */
  readonly damaged: readonly string[];
}

export interface SampleReader {
  /**
   * Afterwards `memory` holds every sample that the needs name and that was stored before the call. Reads only what this memory
   * has not been given yet, beside a short overlap for blocks that were committed late. Loads of one memory run one after another.
   */
  load(memory: SampleMemory, needs: readonly SeriesNeed[], nowMs: number): Promise<Loaded>;
  /** Makes the memory forget samples before `timeMs`; a later need of older ones reads them again. */
  dropBefore(memory: SampleMemory, timeMs: number): void;
}

export interface ReaderLimits {
  readonly retentionMs: number;
  readonly maxSampleAgeMs: number;
  readonly maxSampleFutureMs: number;
}

/**
 * How long after its reception a block may still appear: the time limit of an ingesting request, and clocks that differ. Blocks of
 * this last stretch are asked for again by each load and skipped by their keys.
 */
const LATE_COMMIT_MS = 40_000;
/** How far other clocks may be ahead of ours. */
const CLOCK_SKEW_MS = 10_000;
const PAGE_RECORDS = 1_000;
const MAX_DAMAGED = 20;

/** What of one shard a memory has been given, in times of reception. */
interface Coverage {
  /** Inclusive. */
  readonly fromMs: number;
  /** Exclusive. Blocks received before may still come if they were received after toMs - LATE_COMMIT_MS. */
  readonly toMs: number;
  /** Sort keys read since toMs - LATE_COMMIT_MS. */
  readonly recentKeys: ReadonlySet<string>;
  /** Changes of the table when toMs was reached; null when it does not count them. */
  readonly changes: number | null;
}

interface Progress {
  readonly shards: (Coverage | null)[];
  droppedBeforeMs: number;
  /** Settles when the load before has. */
  turn: Promise<unknown>;
}

interface Tally {
  blocks: number;
  sizeBytes: number;
  rows: number;
  readonly damaged: string[];
}

/** Receptions [fromMs, toMs] of one shard. */
interface Stretch {
  readonly shard: number;
  readonly fromMs: number;
  readonly toMs: number;
}

/** Reads blocks into memories. Progress is kept per memory and ends with it. */
export function createSampleReader({ table }: { readonly table: Table }, limits: ReaderLimits): SampleReader {
  const progressOf = new WeakMap<SampleMemory, Progress>();
  const progressFor = (memory: SampleMemory): Progress => {
    const known = progressOf.get(memory);
    if (known !== undefined) return known;
    const shards = Array.from({ length: SAMPLE_SHARDS }, () => null);
    const fresh: Progress = { shards, droppedBeforeMs: Number.NEGATIVE_INFINITY, turn: Promise.resolve() };
    progressOf.set(memory, fresh);
    return fresh;
  };

  const loadNow = async (memory: SampleMemory, needs: readonly SeriesNeed[], nowMs: number): Promise<Loaded> => {
    const progress = progressFor(memory);
    const tally: Tally = { blocks: 0, sizeBytes: 0, rows: 0, damaged: [] };
    if (needs.some((need) => need.fromMs < progress.droppedBeforeMs)) {
      progress.shards.fill(null);
      progress.droppedBeforeMs = Number.NEGATIVE_INFINITY;
    }
    const stretches = stretchesOf(needs, limits, nowMs);
    // Before anything is read: what is written meanwhile is looked for the next time.
    const source = { table, nowMs, take: taker(memory, tally), changes: table.changes?.() ?? null };
    await Promise.all(stretches.map((stretch) => loadShard(source, progress.shards, stretch)));
    return tally;
  };
  const isUpToDate = ({ droppedBeforeMs, shards }: Progress, needs: readonly SeriesNeed[], nowMs: number): boolean => {
    const changes = table.changes?.() ?? null;
    if (changes === null || needs.some((need) => need.fromMs < droppedBeforeMs)) return false;
    return stretchesOf(needs, limits, nowMs).every((stretch) => {
      const known = shards[stretch.shard] ?? null;
      return known?.changes === changes && holds(known, stretch);
    });
  };

  return {
    async load(memory, needs, nowMs) {
      const progress = progressFor(memory);
      if (isUpToDate(progress, needs, nowMs)) return NOTHING_LOADED;
      const result = progress.turn.then(() => loadNow(memory, needs, nowMs));
      // The next load goes on after a failed one, from where coverage was.
      progress.turn = result.catch(() => undefined);
      return result;
    },
    dropBefore(memory, timeMs) {
      const progress = progressFor(memory);
      memory.dropBefore(timeMs);
      progress.droppedBeforeMs = Math.max(progress.droppedBeforeMs, timeMs);
    },
  };
}

const NOTHING: ReadonlySet<string> = new Set();
const NOTHING_LOADED: Loaded = { blocks: 0, sizeBytes: 0, rows: 0, damaged: [] };

/**
 * When the needed samples can have been received, per shard: a sample from the future comes before its time, a late one after.
 * Nothing older than the retention is asked for.
 */
function stretchesOf(needs: readonly SeriesNeed[], limits: ReaderLimits, nowMs: number): readonly Stretch[] {
  const stretches = new Map<number, Stretch>();
  for (const need of needs) {
    const fromMs = Math.max(need.fromMs - limits.maxSampleFutureMs, nowMs - limits.retentionMs, 0);
    const toMs = Math.min(need.toMs + limits.maxSampleAgeMs, nowMs);
    if (toMs < fromMs) continue;
    const shards =
      need.metricName === null ? Array.from({ length: SAMPLE_SHARDS }, (_, i) => i) : [shardOf(need.metricName)];
    for (const shard of shards) {
      const known = stretches.get(shard) ?? { shard, fromMs, toMs };
      stretches.set(shard, { shard, fromMs: Math.min(known.fromMs, fromMs), toMs: Math.max(known.toMs, toMs) });
    }
  }
  return [...stretches.values()];
}

/** Where blocks come from and go to. */
interface Source {
  readonly table: Table;
  readonly nowMs: number;
  readonly take: (record: StoredRecord) => void;
  readonly changes: number | null;
}

/** Whether all of the stretch was read: hours were, to the end of the one in which a clock that is ahead might be. */
function holds({ fromMs, toMs }: Coverage, stretch: Stretch): boolean {
  return stretch.fromMs >= fromMs && hourOf(stretch.toMs + CLOCK_SKEW_MS) <= hourOf(toMs + CLOCK_SKEW_MS);
}

/** Reads what of a stretch is not covered yet, and its coverage with it. */
async function loadShard(source: Source, shards: (Coverage | null)[], stretch: Stretch): Promise<void> {
  const { shard } = stretch;
  const known = shards[shard] ?? null;
  if (known === null || stretch.fromMs > known.toMs) {
    shards[shard] = covered(stretch, await readStretch(source, stretch, null, NOTHING), source.changes);
    return;
  }
  const fromMs = Math.min(stretch.fromMs, known.fromMs);
  if (fromMs < known.fromMs) {
    await readStretch(source, { shard, fromMs, toMs: known.fromMs }, known.fromMs, NOTHING);
    shards[shard] = { ...known, fromMs };
  }
  const lateFromMs = Math.max(fromMs, known.toMs - LATE_COMMIT_MS);
  if (stretch.toMs < lateFromMs) return;
  const toMs = Math.max(stretch.toMs, known.toMs);
  const keys = await readStretch(source, { shard, fromMs: lateFromMs, toMs }, null, known.recentKeys);
  shards[shard] = covered({ shard, fromMs, toMs }, [...known.recentKeys, ...keys], source.changes);
}

function covered({ fromMs, toMs }: Stretch, keys: readonly string[], changes: number | null): Coverage {
  const recentKeys = new Set(keys.filter((sk) => receivedAtOf(sk) >= toMs - LATE_COMMIT_MS));
  return { fromMs, toMs, recentKeys, changes };
}

function taker(memory: SampleMemory, tally: Tally): (record: StoredRecord) => void {
  return (record) => {
    const decoded = typeof record.body === 'string' ? TEXT_BODY : decodeBlock(record.body);
    tally.blocks += 1;
    tally.sizeBytes += record.body.length;
    if (decoded.kind === 'damaged') {
      if (tally.damaged.length < MAX_DAMAGED) tally.damaged.push(`${record.pk} ${record.sk}: ${decoded.reason}`);
      return;
    }
    tally.rows += decoded.batch.values.length;
    memory.append(decoded.batch);
  };
}

const TEXT_BODY = { kind: 'damaged', reason: 'text where a block is expected' } as const;

/**
 * Hands over blocks in the order of their reception, up to `before` (exclusive). Without it hours are read to their end: a block
 * that compaction has merged stands where its newest part stood, which may be after `toMs`. Returns the keys it met.
 */
async function readStretch(
  source: Source,
  { shard, fromMs, toMs }: Stretch,
  before: number | null,
  skip: ReadonlySet<string>,
): Promise<string[]> {
  const keys: string[] = [];
  const takeNew = (records: readonly StoredRecord[]): void => {
    for (const record of records) {
      if (before !== null && receivedAtOf(record.sk) >= before) continue;
      keys.push(record.sk);
      source.take(record);
    }
  };
  for (const hourMs of hoursBetween(fromMs, before ?? toMs + CLOCK_SKEW_MS)) {
    const pk = blockPartition(shard, hourMs);
    let after: string | null = receivedAtPrefix(Math.max(fromMs, hourMs));
    while (after !== null) {
      const query = { pk, skPrefix: '', after, limit: PAGE_RECORDS, except: skip };
      const page = await source.table.query(query, source.nowMs);
      takeNew(page.records);
      const last = page.records.at(-1);
      const isPast = before !== null && last !== undefined && receivedAtOf(last.sk) >= before;
      after = isPast ? null : page.next;
    }
  }
  return keys;
}
