import type { Random } from './random.ts';

/** A scalar expression with at most this many levels; `vector` makes vectors for scalar(). */
export function scalarText(random: Random, depth: number, vector: (depth: number) => string): string {
  const inner = (): string => scalarText(random, depth - 1, vector);
  if (depth <= 0) return leaf(random);
  return random.weigh<() => string>([
    [4, () => leaf(random)],
    [2, () => `scalar(${vector(depth - 1)})`],
    [2, () => `${inner()} ${random.pick(['+', '-', '*', '/', '%'])} ${inner()}`],
    [1, () => `(${inner()} ${random.pick(['==', '!=', '<', '>=', '>', '<='])} bool ${inner()})`],
    [1, () => `-${inner()}`],
    [1, () => `(${inner()})`],
  ])();
}

function leaf(random: Random): string {
  return random.weigh([
    [6, random.pick(['0', '1', '2', '3', '10', '100', '0.5', '1.5', '1e3'])],
    [1.5, random.pick(['NaN', 'Inf', '-Inf', '-1', '-0', '-0.5'])],
    [1, random.pick(['5m', '0x1F', '1_000', '1e-3', '.5', '1e300', '010'])],
    [1, 'time()'],
    [0.5, 'pi()'],
  ]);
}
