import * as z from 'zod';
import { digest } from '../model/digest.ts';
import type { StoredRecord, Table, TableRecord } from '../ports.ts';
import { METADATA_PARTITION } from './sample-keys.ts';

/** What senders say of a metric. Texts are empty where they do not say. */
export interface StoredMetadata {
  readonly type: string;
  readonly help: string;
  readonly unit: string;
}

/** Type, help and unit of metrics, the last that was said. */
export interface MetadataStore {
  /** Writes what is new or has changed. Repeating it is harmless. Help texts are cut at MAX_HELP_CHARS. */
  save(metadata: ReadonlyMap<string, StoredMetadata>, nowMs: number): Promise<void>;
  /** All that is known, by metric name. */
  load(nowMs: number): Promise<ReadonlyMap<string, StoredMetadata>>;
}

/** Forgotten this long after it was last written; written again when half of that has passed. */
const KEEP_MS = 30 * 86_400_000;
const MAX_HELP_CHARS = 4_096;
/** Metrics that a process remembers; beyond, metadata is not kept. */
const MAX_METRICS = 50_000;
const MAX_KEY_CHARS = 200;
const PAGE_RECORDS = 1_000;

const storedSchema = z.strictObject({ name: z.string(), type: z.string(), help: z.string(), unit: z.string() });

interface Known extends StoredMetadata {
  readonly expiresAtMs: number;
}

/** The store of metadata on a table. Remembers what it has seen, so that senders may repeat themselves for nothing. */
export function createMetadataStore({ table }: { readonly table: Table }): MetadataStore {
  let known: Map<string, Known> | null = null;

  const readAll = async (nowMs: number): Promise<Map<string, Known>> => {
    const all = new Map<string, Known>();
    let after: string | null = null;
    do {
      const page = await table.query({ pk: METADATA_PARTITION, skPrefix: '', after, limit: PAGE_RECORDS }, nowMs);
      for (const record of page.records) {
        const { name, ...metadata } = decodeMetadata(record);
        all.set(name, { ...metadata, expiresAtMs: record.expiresAtMs ?? nowMs });
      }
      after = page.next;
    } while (after !== null && all.size < MAX_METRICS);
    return all;
  };

  return {
    async save(metadata, nowMs) {
      if (metadata.size === 0) return;
      known ??= await readAll(nowMs);
      const changed: [string, Known][] = [];
      for (const [name, { type, help, unit }] of metadata) {
        const before = known.get(name);
        if (before === undefined && known.size + changed.length >= MAX_METRICS) continue;
        const said = { type, help: help.slice(0, MAX_HELP_CHARS), unit: unit.slice(0, MAX_HELP_CHARS) };
        if (before === undefined || isOutdated(before, said, nowMs)) {
          changed.push([name, { ...said, expiresAtMs: nowMs + KEEP_MS }]);
        }
      }
      await table.putAll(changed.map(encodeMetadata));
      for (const [name, metadataOfName] of changed) known.set(name, metadataOfName);
    },
    async load(nowMs) {
      known = await readAll(nowMs);
      return new Map([...known].map(([name, { type, help, unit }]) => [name, { type, help, unit }]));
    },
  };
}

function isOutdated(before: Known, said: StoredMetadata, nowMs: number): boolean {
  if (before.expiresAtMs - nowMs < KEEP_MS / 2) return true;
  return before.type !== said.type || before.help !== said.help || before.unit !== said.unit;
}

function encodeMetadata([name, { expiresAtMs, type, help, unit }]: readonly [string, Known]): TableRecord {
  const sk = name.length <= MAX_KEY_CHARS ? name : `${name.slice(0, MAX_KEY_CHARS)}#${digest(name)}`;
  return { pk: METADATA_PARTITION, sk, body: JSON.stringify({ name, type, help, unit }), expiresAtMs };
}

function decodeMetadata(record: StoredRecord): z.output<typeof storedSchema> {
  if (typeof record.body !== 'string') throw new Error(`record ${record.pk} ${record.sk} is no text`);
  return storedSchema.parse(JSON.parse(record.body));
}
