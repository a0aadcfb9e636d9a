/** Where the two sides of a script differ: notifications by receiver and group, and what the API said. */
import type { Notified, Outcome, Record } from './play.ts';

/** Between the arrivals of the same notification. */
const ARRIVAL_TOLERANCE_MS = 700;
/** Between instants that both sides took from their own clocks. */
const TIME_TOLERANCE_MS = 350;

/** One line for each difference; none when both sides agree. */
export function differences(outcome: Outcome): readonly string[] {
  return [...compareNotifications(outcome), ...compareAnswers(outcome)];
}

function compareNotifications({ real, ours, zeroMs }: Outcome): readonly string[] {
  const [theirs, own] = [byGroup(real, zeroMs), byGroup(ours, zeroMs)];
  return [...new Set([...theirs.keys(), ...own.keys()])].sort().flatMap((group) => {
    const [expected, found] = [theirs.get(group) ?? [], own.get(group) ?? []];
    const count = Math.max(expected.length, found.length);
    for (let n = 0; n < count; n++) {
      const apart = notificationDifference(expected[n], found[n]);
      if (apart === null) continue;
      return [`${group} notification ${n}: ${apart}`, ...listing('real', expected), ...listing('ours', found)];
    }
    return [];
  });
}

function notificationDifference(real: Plain | undefined, ours: Plain | undefined): string | null {
  if (real === undefined || ours === undefined) return `only ${real === undefined ? 'ours' : 'real'}`;
  if (Math.abs(real.atMs - ours.atMs) > ARRIVAL_TOLERANCE_MS) return `real at ${real.atMs} ms, ours at ${ours.atMs} ms`;
  if (real.status !== ours.status) return `real answered ${real.status}, ours ${ours.status}`;
  return difference(real.body, ours.body, '');
}

interface Plain {
  readonly atMs: number;
  readonly status: number;
  readonly body: unknown;
}

function byGroup(record: Record, zeroMs: number): ReadonlyMap<string, readonly Plain[]> {
  const groups = new Map<string, Plain[]>();
  for (const { atMs, path, status, body } of record.notifications) {
    const key = `${path} ${fieldOf(body, 'groupKey')}`;
    const plain = { atMs, status, body: normalise(body, record, zeroMs) };
    groups.set(key, [...(groups.get(key) ?? []), plain]);
  }
  return groups;
}

function fieldOf(body: unknown, name: string): string {
  return typeof body === 'object' && body !== null ? String(Reflect.get(body, name)) : '';
}

/** One short line each. */
function listing(side: string, notifications: readonly Plain[]): readonly string[] {
  return notifications.map(({ atMs, status, body }) => {
    const alerts: unknown = typeof body === 'object' && body !== null ? Reflect.get(body, 'alerts') : [];
    const told = (Array.isArray(alerts) ? alerts : []).map((alert: unknown) => {
      const { script: _, ...labels } = Object(Reflect.get(Object(alert), 'labels'));
      return `${fieldOf(alert, 'status')} ${Object.values(labels).join('/')}`;
    });
    return `  ${side} ${atMs} ms ${status} ${fieldOf(body, 'notification_reason')}: ${told.join(', ')}`;
  });
}

function compareAnswers({ script, real, ours, zeroMs }: Outcome): readonly string[] {
  return [...real.answers].flatMap(([question, answer]) => {
    const [a, b] = [normalise(answer, real, zeroMs), normalise(ours.answers.get(question), ours, zeroMs)];
    const apart = difference(a, b, '');
    const atMs = script.steps[Number.parseInt(question, 10)]?.atMs;
    return apart === null ? [] : [`${atMs} ms, step ${question}: ${apart}`];
  });
}

/** An instant in an answer. */
interface Instant {
  readonly atMs: number;
}

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;

/** Instants from the script's zero; ids of silences by their names; no addresses of the processes themselves. */
function normalise(value: unknown, record: Record, zeroMs: number): unknown {
  if (typeof value === 'string') {
    if (INSTANT.test(value) && !value.startsWith('0001-')) return { atMs: Date.parse(value) - zeroMs };
    return record.silences.get(value) ?? value;
  }
  if (Array.isArray(value)) {
    const items = value.map((each: unknown) => normalise(each, record, zeroMs));
    return items.some((item) => 'receiver' in Object(item)) ? withSortedTies(items) : items;
  }
  if (typeof value !== 'object' || value === null) return value;
  const fields = Object.entries(value).filter(([name]) => name !== 'externalURL');
  const normal = fields.map(([name, each]) => [name, normalise(each, record, zeroMs)]);
  const whole: unknown = Object.fromEntries(normal);
  return withSortedIds(whole);
}

/** Aggregation groups with the same labels and receiver come in no order: here in that of what they hold. */
function withSortedTies(groups: readonly unknown[]): readonly unknown[] {
  const keyed = groups.map((group) => {
    const { labels, receiver, alerts } = Object(group);
    const held = (Array.isArray(alerts) ? alerts : []).map((alert) => [alert.fingerprint, alert.status]);
    return { group, name: JSON.stringify([labels, receiver]), held: JSON.stringify(held) };
  });
  const names = keyed.map(({ name }) => name);
  const place = (name: string): number => names.indexOf(name);
  const inOrder = keyed.sort((a, b) => place(a.name) - place(b.name) || (a.held < b.held ? -1 : 1));
  return inOrder.map(({ group }) => group);
}

/** `silencedBy` is in the order of ids, which are random. */
function withSortedIds(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('silencedBy' in value)) return value;
  const { silencedBy } = value;
  return { ...value, silencedBy: Array.isArray(silencedBy) ? [...silencedBy].sort() : silencedBy };
}

/** Where two values part, as "alerts.0.status: real x, ours y"; null where they agree. The order of fields counts as well. */
function difference(real: unknown, ours: unknown, path: string): string | null {
  if (isInstant(real) && isInstant(ours) && Math.abs(real.atMs - ours.atMs) <= TIME_TOLERANCE_MS) return null;
  const [a, b] = [entriesOf(real), entriesOf(ours)];
  const areApart = a === null || b === null || isInstant(real) || isInstant(ours);
  if (areApart || a.map(([name]) => name).join() !== b.map(([name]) => name).join()) {
    return Object.is(real, ours) ? null : `${path}: real ${JSON.stringify(real)}, ours ${JSON.stringify(ours)}`;
  }
  for (const [index, [name, value]] of a.entries()) {
    const found = difference(value, b[index]?.[1], `${path}.${name}`);
    if (found !== null) return found;
  }
  return null;
}

function entriesOf(value: unknown): readonly (readonly [string, unknown])[] | null {
  return typeof value === 'object' && value !== null ? Object.entries(value) : null;
}

function isInstant(value: unknown): value is Instant {
  return typeof value === 'object' && value !== null && 'atMs' in value && Object.keys(value).length === 1;
}

/** What was told, in short, for a summary of a run. */
export function countNotifications(outcomes: readonly Outcome[]): number {
  const isDelivered = ({ status }: Notified): boolean => status === 200;
  return outcomes.reduce((sum, { real }) => sum + real.notifications.filter(isDelivered).length, 0);
}
