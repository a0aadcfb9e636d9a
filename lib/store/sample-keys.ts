import { type Labels, labelValue, METRIC_NAME } from '../model/labels.ts';
import type { Key } from '../ports.ts';

/**
 * Where blocks of samples stand:
 *
 * | record               | pk                            | sk                                          |
 * | block of samples     | B#shard#hour of its reception | instant of its reception#checksum#length    |
 * | metadata of a metric | D                             | metric name, or its digest when it is long  |
 *
 * docs/series-store.md says why.
 */

/**
 * Shards that samples are spread over by metric name. More shards write more and smaller records (a write costs at least one unit,
 * and labels compress worse); fewer make rules read metrics that they do not name. Changing it loses sight of what is stored.
 */
export const SAMPLE_SHARDS = 4;

export const METADATA_PARTITION = 'D';

const HOUR_MS = 3_600_000;

/** Shard of a series: the same for all series of one metric. FNV-1a over UTF-16 units. */
export function shardOf(metricName: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < metricName.length; i++) hash = Math.imul(hash ^ metricName.charCodeAt(i), 0x01000193);
  return ((hash ^ (hash >>> 15)) >>> 0) % SAMPLE_SHARDS;
}

export function shardOfSeries(labels: Labels): number {
  return shardOf(labelValue(labels, METRIC_NAME));
}

/** `content` tells blocks apart that were received in one millisecond: the same bytes have the same. */
export function blockKey(shard: number, receivedAtMs: number, content: string): Key {
  return { pk: blockPartition(shard, receivedAtMs), sk: `${receivedAtPrefix(receivedAtMs)}#${content}` };
}

export function blockPartition(shard: number, receivedAtMs: number): string {
  return `B#${shard}#${sortable(hourOf(receivedAtMs))}`;
}

/** Sorts after everything received before `receivedAtMs`, and before what was received then or later. */
export function receivedAtPrefix(receivedAtMs: number): string {
  return sortable(receivedAtMs);
}

/** When the block with this key was received. */
export function receivedAtOf(sk: string): number {
  return Number(sk.slice(0, SORTABLE_DIGITS));
}

/** Beginnings of the hours that have a part in [fromMs, toMs]. */
export function hoursBetween(fromMs: number, toMs: number): readonly number[] {
  const hours: number[] = [];
  for (let hour = hourOf(fromMs); hour <= toMs; hour += HOUR_MS) hours.push(hour);
  return hours;
}

/** Beginning of the hour that an instant is in. */
export function hourOf(instantMs: number): number {
  return Math.floor(instantMs / HOUR_MS) * HOUR_MS;
}

const SORTABLE_DIGITS = 16;

function sortable(value: number): string {
  return String(value).padStart(SORTABLE_DIGITS, '0');
}
