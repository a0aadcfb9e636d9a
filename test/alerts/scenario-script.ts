/**
 * Scenario files: a configuration, the alerts it is about, and a timeline on a virtual clock. Blank lines and text after " #" are
 * ignored. Times are written as durations from the start ("1.5s", "2m", "-100s").
 *
 *     start 2026-01-05T09:00:00Z                       # optional; what 0s stands for
 *     delay 5s                                         # optional; no flush before
 *     config                                           # alertmanager.yml, indented
 *       route: …
 *     alert a {alertname="Down", instance="1"}         # names a label set
 *
 *     at 1s     post a from 1s to 4s "note", b         # one request; "note" becomes an annotation
 *     at 2s     expect ops: first notification: firing a, resolved b [1s, 4s) "note"
 *     at 2s     expect ops/1: answers 500              # an attempt that fails
 *     at 3s     answer ops/1 500                       # from now on: ok, 500, 429, 400, hang, slow 1s, dies
 *     at 4s     silence s {alertname="Down"} from 5s to 9s
 *     at 5s     status a: suppressed silenced by s inhibited by b
 *     at 6s     unsilence s
 *     at 7s     reload                                 # the same configuration again
 *     at 8s     lose flush                             # every message that waits in the queue is gone
 *     at 9s     sweep
 *     to 20s    expect nothing more
 */
export interface PostedLine {
  readonly name: string;
  readonly startsAtMs: number | null;
  readonly endsAtMs: number | null;
  readonly note: string | null;
}

export type Step =
  | { readonly kind: 'post'; readonly alerts: readonly PostedLine[] }
  | { readonly kind: 'answer'; readonly hook: string; readonly answer: Answer }
  | {
      readonly kind: 'silence';
      readonly name: string;
      readonly matchers: string;
      readonly range: readonly [number, number];
    }
  | { readonly kind: 'unsilence'; readonly name: string }
  | { readonly kind: 'status'; readonly name: string; readonly text: string }
  | { readonly kind: 'reload' }
  | { readonly kind: 'lose'; readonly queue: string }
  | { readonly kind: 'sweep' };

export type Answer =
  | { readonly kind: 'status'; readonly status: number }
  | { readonly kind: 'hang' }
  /** The receiver takes the message, and the process that sent it dies before it hears so. */
  | { readonly kind: 'dies' }
  | { readonly kind: 'slow'; readonly afterMs: number };

export interface Scenario {
  readonly startMs: number;
  readonly delayMs: number;
  readonly config: string;
  /** Label sets in matcher notation, by name. */
  readonly alerts: ReadonlyMap<string, string>;
  /** In the order of the file; times ascend. */
  readonly steps: readonly { readonly atMs: number; readonly line: number; readonly step: Step }[];
  /** "2s ops: first notification: firing a", in the order of the file. */
  readonly expected: readonly string[];
  readonly endMs: number;
}

const DEFAULT_START_MS = Date.UTC(2026, 0, 5, 9);

export function parseScenario(text: string): Scenario {
  const lines = text.split('\n').map((line) => line.replace(/(^|\s)#.*$/, '').trimEnd());
  const configAt = lines.indexOf('config');
  const configEnd = lines.findIndex((line, index) => index > configAt && line !== '' && !line.startsWith(' '));
  const alerts = new Map<string, string>();
  const steps: { atMs: number; line: number; step: Step }[] = [];
  const expected: string[] = [];
  let [startMs, delayMs, endMs] = [DEFAULT_START_MS, 0, 0];
  for (const [index, line] of lines.entries()) {
    if (line === '' || (index >= configAt && index < configEnd)) continue;
    const [, word = '', time = '', rest = ''] = /^(\w+)\s+(\S+)\s*(.*)$/.exec(line) ?? [];
    if (word === 'start') startMs = Date.parse(time);
    else if (word === 'delay') delayMs = parseTime(time);
    else if (word === 'alert') alerts.set(time, rest);
    else if (word === 'to' && rest === 'expect nothing more') endMs = parseTime(time);
    else if (word === 'at' && rest.startsWith('expect ')) expected.push(`${time} ${rest.slice(7)}`);
    else if (word === 'at') steps.push({ atMs: parseTime(time), line: index + 1, step: parseStep(rest) });
    else throw new Error(`line ${index + 1}: not a line of a scenario: ${line}`);
  }
  if (endMs === 0) throw new Error('the scenario does not say how long nothing more happens');
  return { startMs, delayMs, config: lines.slice(configAt + 1, configEnd).join('\n'), alerts, steps, expected, endMs };
}

function parseStep(text: string): Step {
  const [, verb = '', rest = ''] = /^(\w+)\s*(.*)$/.exec(text) ?? [];
  if (verb === 'post') return { kind: 'post', alerts: rest.split(', ').map(parsePosted) };
  if (verb === 'answer') return parseAnswer(rest);
  if (verb === 'silence') return parseSilence(rest);
  if (verb === 'unsilence') return { kind: 'unsilence', name: rest };
  if (verb === 'reload' || verb === 'sweep') return { kind: verb };
  if (verb === 'lose') return { kind: 'lose', queue: rest };
  const status = /^(\S+): (.*)$/.exec(rest);
  if (verb === 'status' && status !== null) return { kind: 'status', name: status[1] ?? '', text: status[2] ?? '' };
  throw new Error(`not a step of a scenario: ${text}`);
}

function parsePosted(text: string): PostedLine {
  const parts = /^(\S+)(?: from (\S+))?(?: to (\S+))?(?: "(.*)")?$/.exec(text);
  if (parts === null) throw new Error(`not an alert of a request: ${text}`);
  const [, name = '', from, to, note] = parts;
  const time = (written: string | undefined): number | null => (written === undefined ? null : parseTime(written));
  return { name, startsAtMs: time(from), endsAtMs: time(to), note: note ?? null };
}

function parseAnswer(text: string): Step {
  const [hook = '', word = '', time = '0s'] = text.split(/\s+/);
  if (word === 'hang' || word === 'dies') return { kind: 'answer', hook, answer: { kind: word } };
  if (word === 'slow') return { kind: 'answer', hook, answer: { kind: 'slow', afterMs: parseTime(time) } };
  return { kind: 'answer', hook, answer: { kind: 'status', status: word === 'ok' ? 200 : Number(word) } };
}

function parseSilence(text: string): Step {
  const parts = /^(\S+) (\{.*\}) from (\S+) to (\S+)$/.exec(text);
  if (parts === null) throw new Error(`not a silence: ${text}`);
  const [, name = '', matchers = '', from = '', to = ''] = parts;
  return { kind: 'silence', name, matchers, range: [parseTime(from), parseTime(to)] };
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** Milliseconds from the start. */
export function parseTime(text: string): number {
  const parts = /^(-?)((?:\d+(?:\.\d+)?(?:ms|s|m|h))+)$/.exec(text);
  if (parts === null) throw new Error(`not a time: ${text}`);
  const [, sign, digits = ''] = parts;
  let totalMs = 0;
  for (const [, count, unit = ''] of digits.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)) {
    totalMs += Math.round(Number(count) * (UNITS[unit] ?? 0));
  }
  return sign === '-' ? -totalMs : totalMs;
}

/** "90.5s" as "1m30.5s". */
export function printTime(ms: number): string {
  if (ms < 0) return `-${printTime(-ms)}`;
  const [hours, minutes, seconds] = [Math.floor(ms / 3_600_000), Math.floor(ms / 60_000) % 60, (ms % 60_000) / 1000];
  const text = (hours > 0 ? `${hours}h` : '') + (minutes > 0 ? `${minutes}m` : '') + (seconds > 0 ? `${seconds}s` : '');
  return text === '' ? '0s' : text;
}
