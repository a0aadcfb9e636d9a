/**
 * Every partition and sort key of the table. A record whose number grows with use is spread over shards, so that no partition takes
 * all the writes. Parts of keys that users choose are digested: they may be longer than a key.
 *
 * | record                | pk                    | sk                          |
 * | alert                 | A#shard               | alert id                    |
 * | unrouted alerts       | U                     | instant#digest              |
 * | group                 | G#shard               | group id                    |
 * | member of a group     | M#group id#shard      | alert id                    |
 * | parts of a long body  | P#owner               | digest#part                 |
 * | intent                | I#group id            | flush number#integration    |
 * | notification log      | N#digest of group key | receiver/integration/index  |
 * | ledger                | L#group id            | flush number                |
 * | silence               | S                     | silence id                  |
 * | routing revision      | C                     | routing                     |
 * | state of a rule group | R#digest of file+name | state                       |
 * | schedule              | R                     | schedule                    |
 * | known rule group      | R                     | group#digest of file+name   |
 */
import { digest } from '../model/digest.ts';
import type { Key } from '../ports.ts';

/** Shards of records that are found by an id: one for each first hex digit of the id. */
const ID_SHARDS = [...'0123456789abcdef'];
const MEMBER_SHARDS = 4;

export const ALERT_PARTITIONS: readonly string[] = ID_SHARDS.map((shard) => `A#${shard}`);
export const GROUP_PARTITIONS: readonly string[] = ID_SHARDS.map((shard) => `G#${shard}`);
export const UNROUTED_PARTITION = 'U';
export const SILENCE_PARTITION = 'S';

export function alertKey(alertId: string): Key {
  return { pk: `A#${alertId.charAt(0)}`, sk: alertId };
}

export function unroutedKey(receivedAtMs: number, name: string): Key {
  return { pk: UNROUTED_PARTITION, sk: `${sortable(receivedAtMs)}#${name}` };
}

export function groupKey(groupId: string): Key {
  return { pk: `G#${groupId.charAt(0)}`, sk: groupId };
}

export function memberKey(groupId: string, alertId: string): Key {
  const shard = Number.parseInt(alertId.charAt(0), 16) % MEMBER_SHARDS;
  return { pk: `M#${groupId}#${shard}`, sk: alertId };
}

export function memberPartitions(groupId: string): readonly string[] {
  return Array.from({ length: MEMBER_SHARDS }, (_, shard) => `M#${groupId}#${shard}`);
}

/** `owner` is a group id or a digest; `name` the digest of the whole body. */
export function partKey(owner: string, name: string, part: number): Key {
  return { pk: `P#${owner}`, sk: `${name}#${String(part).padStart(4, '0')}` };
}

/** `integration` is "webhook/0". */
export function intentKey(groupId: string, flushNumber: number, integration: string): Key {
  return { pk: `I#${groupId}`, sk: `${sortable(flushNumber)}#${integration}` };
}

/** Of all notifications to one receiver about one group. */
export function logPrefix(groupKeyText: string, receiver: string): { readonly pk: string; readonly skPrefix: string } {
  return { pk: `N#${digest(groupKeyText)}`, skPrefix: `${digest(receiver)}/` };
}

export function ledgerKey(groupId: string, flushNumber: number): Key {
  return { pk: `L#${groupId}`, sk: sortable(flushNumber) };
}

export function silenceKey(id: string): Key {
  return { pk: SILENCE_PARTITION, sk: id };
}

export const ROUTING_KEY: Key = { pk: 'C', sk: 'routing' };

/** A rule group's name for keys. */
export function ruleGroupId(file: string, group: string): string {
  return digest(JSON.stringify([file, group]));
}

export function ruleStateKey(ruleGroup: string): Key {
  return { pk: `R#${ruleGroup}`, sk: 'state' };
}

export const SCHEDULE_KEY: Key = { pk: 'R', sk: 'schedule' };
export const KNOWN_GROUPS = { pk: 'R', skPrefix: 'group#' } as const;

export function knownGroupKey(ruleGroup: string): Key {
  return { pk: KNOWN_GROUPS.pk, sk: `${KNOWN_GROUPS.skPrefix}${ruleGroup}` };
}

/** Numbers and instants in an order that bytes keep. */
function sortable(value: number): string {
  return String(value).padStart(16, '0');
}
