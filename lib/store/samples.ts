import type { SampleBatch } from '../model/sample.ts';
import { MAX_BODY_BYTES, type Table, type TableRecord } from '../ports.ts';
import { blockChecksum, encodeBlock } from '../series/block.ts';
import { blockKey, SAMPLE_SHARDS, shardOfSeries } from './sample-keys.ts';
import { createSampleReader, type SampleReader } from './sample-reader.ts';

export interface SampleStoreLimits {
  /** Blocks are gone this long after they were received. */
  readonly retentionMs: number;
  /** Oldest sample that ingest lets through, and the newest ahead of the clock: how far apart a sample and its reception can be. */
  readonly maxSampleAgeMs: number;
  readonly maxSampleFutureMs: number;
}

export interface Appended {
  readonly blocks: number;
  /** Of the bodies that were written. */
  readonly sizeBytes: number;
}

/** Samples on the table: written as blocks, read into memory. docs/series-store.md describes both ways. */
export interface SampleStore extends SampleReader {
  /**
   * Durable on return. Not atomic: after an error a part may be stored. Repeating a request is harmless: at the same instant it
   * writes the same records, later it adds blocks whose samples say the same.
   */
  append(batch: SampleBatch, receivedAtMs: number): Promise<Appended>;
}

/** The store of samples on a table. */
export function createSampleStore({ table }: { readonly table: Table }, limits: SampleStoreLimits): SampleStore {
  return {
    ...createSampleReader({ table }, limits),
    async append(batch, receivedAtMs) {
      const records: TableRecord[] = [];
      let sizeBytes = 0;
      for (const [shard, rows] of rowsByShard(batch).entries()) {
        for (const body of blocksOf(batch, rows)) {
          const content = `${blockChecksum(body)}#${body.length.toString(36)}`;
          const expiresAtMs = receivedAtMs + limits.retentionMs;
          records.push({ ...blockKey(shard, receivedAtMs, content), body, expiresAtMs });
          sizeBytes += body.length;
        }
      }
      if (records.length > 0) await table.putAll(records);
      return { blocks: records.length, sizeBytes };
    },
  };
}

/** Row numbers of each shard, in their order. */
function rowsByShard(batch: SampleBatch): readonly (readonly number[])[] {
  const shards = batch.series.map(shardOfSeries);
  const rows: number[][] = Array.from({ length: SAMPLE_SHARDS }, () => []);
  for (let row = 0; row < batch.seriesOf.length; row++) rows[shards[batch.seriesOf[row] ?? -1] ?? 0]?.push(row);
  return rows;
}

/** As few blocks as fit into records. */
function blocksOf(batch: SampleBatch, rows: readonly number[]): readonly Uint8Array[] {
  if (rows.length === 0) return [];
  const block = encodeBlock(batch, rows, MAX_BODY_BYTES);
  if (block !== null) return [block];
  if (rows.length === 1) throw new Error('one sample does not fit into a record; admission bounds labels and buckets');
  const middle = rows.length >>> 1;
  return [...blocksOf(batch, rows.slice(0, middle)), ...blocksOf(batch, rows.slice(middle))];
}
