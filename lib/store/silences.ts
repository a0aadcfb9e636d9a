/** Silences. They stay for a while after their end, so that people can see and renew them; nothing else removes them. */
import * as z from 'zod';
import type { Silence } from '../alerts/silence.ts';
import { createMatcher, type Matcher } from '../model/matcher.ts';
import type { StoredRecord, Table } from '../ports.ts';
import { queryAll } from './alerts.ts';
import { SILENCE_PARTITION, silenceKey } from './keys.ts';
import { loadStanding, type RecordKind, type Standing, writeStanding } from './versioned.ts';

export interface SilenceStore {
  load(id: string, nowMs: number): Promise<Standing<Silence>>;
  /** All that are remembered, ended ones too, by id. */
  list(nowMs: number): Promise<readonly Silence[]>;
  /** Writes over the version that was seen; "conflict" when somebody else wrote first. */
  save(silence: Silence, expected: 'absent' | number, nowMs: number): Promise<'saved' | 'conflict'>;
  /** A new silence that takes over from an ended one: both or neither. */
  replace(
    made: Silence,
    ended: { readonly silence: Silence; readonly expected: number },
  ): Promise<'saved' | 'conflict'>;
}

const matcher = z.object({ name: z.string(), operator: z.enum(['=', '!=', '=~', '!~']), value: z.string() });
const silenceBody = z.object({
  matchers: z.array(matcher),
  startsAtMs: z.number(),
  endsAtMs: z.number(),
  updatedAtMs: z.number(),
  createdBy: z.string(),
  comment: z.string(),
  annotations: z.record(z.string(), z.string()),
});

/** Ours are UUIDs; what others send as one may be longer than a key. */
const MAX_ID_LENGTH = 100;

/** `retentionMs` counts from the end of a silence. */
export function createSilenceStore(table: Table, { retentionMs }: { readonly retentionMs: number }): SilenceStore {
  // Compiling regular expressions for each flush would cost more than reading the silences.
  const compiled = new Map<string, { readonly version: number; readonly silence: Silence }>();
  const decode = ({ sk, version, body }: StoredRecord): Silence => {
    const known = compiled.get(sk);
    if (known?.version === version) return known.silence;
    const silence = decodeSilence(sk, String(body));
    compiled.set(sk, { version, silence });
    return silence;
  };
  const kind: RecordKind<Silence> = {
    encode: ({ id, matchers, ...rest }) => ({
      ...silenceKey(id),
      body: JSON.stringify({
        ...rest,
        matchers: matchers.map(({ name, operator, value }) => ({ name, operator, value })),
      }),
      expiresAtMs: rest.endsAtMs + retentionMs,
    }),
    decode,
  };
  return {
    load: async (id, nowMs) => {
      if (id.length > MAX_ID_LENGTH) return { value: null, expected: 'absent' };
      return loadStanding(table, kind, { ...silenceKey(id), nowMs });
    },
    list: async (nowMs) => {
      const silences = (await queryAll(table, SILENCE_PARTITION, nowMs)).map(decode);
      const present = new Set(silences.map((silence) => silence.id));
      for (const id of compiled.keys()) if (!present.has(id)) compiled.delete(id);
      return silences;
    },
    save: async (silence, expected, nowMs) => (await writeStanding(table, kind, silence, { expected, nowMs })).kind,
    replace: async (made, ended) => {
      const answer = await table.commit([
        { kind: 'put', record: kind.encode(made), expected: 'absent' },
        { kind: 'put', record: kind.encode(ended.silence), expected: ended.expected },
      ]);
      return answer.kind === 'committed' ? 'saved' : 'conflict';
    },
  };
}

function decodeSilence(id: string, body: string): Silence {
  const { matchers, ...rest } = silenceBody.parse(JSON.parse(body));
  return { ...rest, id, matchers: matchers.map(decodeMatcher) };
}

function decodeMatcher({ name, operator, value }: z.infer<typeof matcher>): Matcher {
  const made = createMatcher(name, operator, value);
  if ('error' in made) throw new Error(`stored matcher of ${JSON.stringify(name)}: ${made.error}`);
  return made;
}
