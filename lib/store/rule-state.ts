import * as z from 'zod';
import { digest } from '../model/digest.ts';
import { DAY_MS } from '../model/unix-time.ts';
import { type Key, MAX_BODY_BYTES, type Table } from '../ports.ts';
import type { GroupState } from '../rules/group-state.ts';
import { partKey, ruleGroupId, ruleStateKey } from './keys.ts';
import { decodeGroupState, encodeGroupState } from './rule-state-format.ts';

/** A group's state and what is needed to replace it. */
export interface StoredGroupState {
  readonly state: GroupState;
  readonly version: number;
  /** Records that hold the body, when it is too long for the head. */
  readonly parts: readonly Key[];
}

/** What rule groups remember between evaluations: one versioned head each; bodies too long for it stand in parts that it names. */
export interface RuleStateStore {
  load(file: string, group: string, nowMs: number): Promise<StoredGroupState | null>;
  /** Replaces exactly `before` (null: nothing); false, and nothing changed, when somebody else was faster. */
  save(change: GroupStateChange, nowMs: number): Promise<boolean>;
  /** Forgets a group. A repeat is harmless. */
  remove(file: string, group: string, before: StoredGroupState): Promise<void>;
}

export interface GroupStateChange {
  readonly file: string;
  readonly group: string;
  readonly before: StoredGroupState | null;
  readonly state: GroupState;
}

/** Parts that no head names, left by a crash, go away on their own; those in use are written anew with each evaluation. */
const PART_LIFE_MS = 30 * DAY_MS;
/** Between the head and the last part somebody may replace the state: then all is read again. */
const MAX_LOAD_ROUNDS = 5;
const PARTS_AT_ONCE = 8;

const partsHead = z.object({ parts: z.int().positive(), name: z.string() });

export function createRuleStateStore({ table }: { readonly table: Table }): RuleStateStore {
  const loadParts = async (parts: readonly Key[], nowMs: number): Promise<string | null> => {
    const decoder = new TextDecoder();
    let text = '';
    for (let from = 0; from < parts.length; from += PARTS_AT_ONCE) {
      const keys = parts.slice(from, from + PARTS_AT_ONCE);
      for (const record of await Promise.all(keys.map((key) => table.load(key, nowMs)))) {
        if (record === null || typeof record.body === 'string') return null;
        text += decoder.decode(record.body, { stream: true });
      }
    }
    return text + decoder.decode();
  };

  return {
    async load(file, group, nowMs) {
      const id = ruleGroupId(file, group);
      for (let round = 0; round < MAX_LOAD_ROUNDS; round++) {
        const head = await table.load(ruleStateKey(id), nowMs);
        if (head === null) return null;
        const body = typeof head.body === 'string' ? head.body : new TextDecoder().decode(head.body);
        const parts = partKeys(id, body);
        const text = parts.length === 0 ? body : await loadParts(parts, nowMs);
        if (text !== null) return { state: decodeGroupState(text), version: head.version, parts };
      }
      throw new Error(`the state of rule group ${JSON.stringify(group)} changed during ${MAX_LOAD_ROUNDS} reads`);
    },

    async save({ file, group, before, state }, nowMs) {
      const id = ruleGroupId(file, group);
      const text = encodeGroupState(state);
      const bytes = new TextEncoder().encode(text);
      const name = digest(text);
      const parts =
        bytes.length <= MAX_BODY_BYTES ? [] : keysOfParts(id, name, Math.ceil(bytes.length / MAX_BODY_BYTES));
      await table.putAll(
        parts.map((key, index) => ({
          ...key,
          body: bytes.slice(index * MAX_BODY_BYTES, (index + 1) * MAX_BODY_BYTES),
          expiresAtMs: nowMs + PART_LIFE_MS,
        })),
      );
      const body = parts.length === 0 ? text : JSON.stringify({ parts: parts.length, name });
      const head = { ...ruleStateKey(id), body, expiresAtMs: null };
      const saved = await table.putIf(head, before?.version ?? 'absent');
      const outdated = saved.kind === 'saved' ? (before?.parts ?? []) : [];
      const inUse = new Set(parts.map(({ sk }) => sk));
      await table.deleteAll(outdated.filter(({ sk }) => !inUse.has(sk)));
      return saved.kind === 'saved';
    },

    async remove(file, group, before) {
      await table.deleteAll([ruleStateKey(ruleGroupId(file, group)), ...before.parts]);
    },
  };
}

/** Named by their content, so that two writers at once never mix theirs. */
function keysOfParts(id: string, name: string, count: number): readonly Key[] {
  return Array.from({ length: count }, (_, part) => partKey(id, name, part));
}

function partKeys(id: string, headBody: string): readonly Key[] {
  if (!headBody.startsWith('{"parts":')) return [];
  const { parts, name } = partsHead.parse(JSON.parse(headBody));
  return keysOfParts(id, name, parts);
}
