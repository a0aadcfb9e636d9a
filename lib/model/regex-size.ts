/** What the text of a regular expression stands for: `a{1000}` for a thousand steps, and a few characters can stand for millions. */

/** RE2 refuses more, also of repetitions within each other. */
const MOST_REPETITIONS = 1000;

/**
 * About how many steps the compiled expression will have. 0 for repetitions that RE2 refuses by itself, before it compiles anything.
 * A wrong expression may get any number.
 */
export function estimateRegexSteps(source: string): number {
  const scan: Scan = { position: 0, atom: NOTHING, group: NOTHING, outer: [] };
  while (scan.position < source.length) {
    takeNext(source, scan);
    if (scan.atom.repetitions > MOST_REPETITIONS) return 0;
  }
  return scan.outer.reduce((total, { steps }) => total + steps, scan.group.steps);
}

interface Extent {
  readonly steps: number;
  /** Of repetitions within each other. */
  readonly repetitions: number;
}

/** Classes of scripts hold hundreds of ranges, which take their time. */
const SCRIPT: Extent = { steps: 40, repetitions: 1 };
const NOTHING: Extent = { steps: 0, repetitions: 1 };
const ONE_STEP: Extent = { steps: 1, repetitions: 1 };

interface Scan {
  position: number;
  /** What a repetition would repeat. */
  atom: Extent;
  /** The group that is open, so far. */
  group: Extent;
  /** The groups around it. */
  readonly outer: Extent[];
}

const REPETITION = /\{(\d+)(?:,(\d*))?\}/y;
const CLASS = /\[\^?\]?(?:\[:\^?\w+:\]|\\.|[^\]\\])*\]?/sy;
const ESCAPE = /\\(?:[pP]\{[^}]*\}|x\{[^}]*\}|.|$)/sy;
const GROUP = /\((?:\?(?:P?<\w*>|[a-zA-Z]*-?[a-zA-Z]*:?))?/y;
const SINGLE = /./sy;

function takeNext(source: string, scan: Scan): void {
  const char = source.charAt(scan.position);
  if (char === '{') repeat(source, scan);
  else if (char === '(') open(source, scan);
  else if (char === ')') close(scan);
  else take(source, scan, char === '[' ? CLASS : char === '\\' ? ESCAPE : SINGLE);
}

function open(source: string, scan: Scan): void {
  scan.outer.push(scan.group);
  scan.group = NOTHING;
  take(source, scan, GROUP);
}

function close(scan: Scan): void {
  const inner = scan.group;
  scan.position += 1;
  scan.group = scan.outer.pop() ?? NOTHING;
  add(scan, inner);
}

function take(source: string, scan: Scan, pattern: RegExp): void {
  pattern.lastIndex = scan.position;
  const taken = pattern.exec(source)?.[0] ?? '';
  scan.position += Math.max(1, taken.length);
  const scripts = taken.length < 2 ? 0 : (taken.match(/\\[pP]/g)?.length ?? 0);
  add(scan, scripts === 0 ? ONE_STEP : { ...SCRIPT, steps: SCRIPT.steps * scripts });
}

function add(scan: Scan, atom: Extent): void {
  const { repetitions, steps } = scan.group;
  scan.atom = atom;
  scan.group = { steps: steps + atom.steps, repetitions: Math.max(repetitions, atom.repetitions) };
}

function repeat(source: string, scan: Scan): void {
  REPETITION.lastIndex = scan.position;
  const [whole, least, most] = REPETITION.exec(source) ?? [];
  if (whole === undefined) {
    take(source, scan, SINGLE);
    return;
  }
  const times = Math.max(1, Number(least), Number(most ?? 0));
  const { repetitions, steps } = scan.atom;
  scan.position += whole.length;
  add(scan, { steps: steps * (times - 1), repetitions: repetitions * times });
  scan.atom = { steps: steps * times, repetitions: repetitions * times };
}
