import type { Wanted, Writer } from './expressions.ts';

/** Binary expressions of which at least one side is a vector. */
export interface BinaryTexts {
  arithmetic(wanted: Wanted): string;
  comparison(wanted: Wanted): string;
  set(wanted: Wanted): string;
}

type Parts = Omit<Writer, 'binary'>;

const COMPARISONS = ['==', '!=', '<', '<=', '>', '>='];

/** Operators between what the writer makes. */
export function createBinaryTexts(writer: Parts): BinaryTexts {
  return {
    arithmetic(wanted) {
      const { random } = writer;
      const op = random.pick(wanted.exact ? ['+', '-', '*', '/', '%'] : ['+', '-', '*', '/', '%', '^', 'atan2']);
      const carries = op === '*' || op === '/';
      return operation(writer, op, { ...wanted, exact: wanted.exact || !carries });
    },
    comparison(wanted) {
      const { random } = writer;
      const op = `${random.pick(COMPARISONS)}${random.chance(0.35) ? ' bool' : ''}`;
      return operation(writer, op, { ...wanted, exact: true });
    },
    set(wanted) {
      const { random, vector } = writer;
      const matching = random.chance(0.5) ? '' : simpleMatching(writer);
      return `${operand(vector(wanted))} ${random.pick(['and', 'or', 'unless'])}${matching} ${operand(vector(wanted))}`;
    },
  };
}

/** A vector on both sides, or a scalar on one. */
function operation(writer: Parts, op: string, wanted: Wanted): string {
  const { random, scalar, vector } = writer;
  return random.weigh<() => string>([
    [3, () => `${operand(vector(wanted))} ${op} ${operand(scalar(Math.min(wanted.depth, 1)))}`],
    [1.5, () => `${operand(scalar(Math.min(wanted.depth, 1)))} ${op} ${operand(vector(wanted))}`],
    [5, () => ofTwoVectors(writer, op, wanted)],
  ])();
}

function ofTwoVectors(writer: Parts, op: string, wanted: Wanted): string {
  const { random, selectors, vector } = writer;
  const labels = selectors.labels();
  const by = random.chance(0.7) ? `by (${labels.join(', ')})` : `without (${labels.join(', ')})`;
  const aggregated = (): string =>
    `${random.pick(['sum', 'max', 'count'])} ${by} (${vector({ ...wanted, exact: true })})`;
  const same = selectors.instant(wanted.kinds);
  return random.weigh<() => string>([
    // The same label sets on both sides: each finds its partner.
    [
      2,
      () =>
        `${operand(same)} ${op} ${operand(random.chance(0.5) ? same : `${same.replace(/ (offset|@) .*/, '')} offset 1m`)}`,
    ],
    [3, () => `${aggregated()} ${op} ${aggregated()}`],
    [
      2,
      () =>
        `${operand(vector(wanted))} ${op} ${grouped(writer)} ${random.pick(['up', 'target_info', 'build_info', 'jobs_done', aggregated()])}`,
    ],
    [
      1,
      () =>
        `${random.pick(['up', 'build_info', aggregated()])} ${op} on (job, instance) group_right${included(writer)} ${operand(vector(wanted))}`,
    ],
    [1.5, () => `${operand(vector(wanted))} ${op}${simpleMatching(writer)} ${operand(vector(wanted))}`],
  ])();
}

function grouped(writer: Parts): string {
  const { random } = writer;
  const on = random.pick([
    'on (job, instance)',
    'on (job, instance)',
    'on (job)',
    'ignoring (code, queue, le, version, build)',
    'on ()',
  ]);
  return `${on} group_left${included(writer)}`;
}

function included({ random }: Parts): string {
  return random.pick(['', '', ' ()', ' (version)', ' (zone, code)', ' (build)', ' (__name__)']);
}

function simpleMatching({ random, selectors }: Parts): string {
  return ` ${random.pick(['on', 'ignoring', 'on'])} (${selectors.labels().join(', ')})`;
}

function operand(text: string): string {
  return /^[\w:]+(\{[^}]*\})?$/.test(text) ? text : `(${text})`;
}
