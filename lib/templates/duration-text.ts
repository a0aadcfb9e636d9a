/** Prints a length in nanoseconds as Go's Duration does: `1h30m0s`, `1.5s`, `1.2ms`, `0s`. */
export function printGoDuration(lengthNs: bigint): string {
  const sign = lengthNs < 0n ? '-' : '';
  const magnitude = lengthNs < 0n ? -lengthNs : lengthNs;
  if (magnitude === 0n) return '0s';
  if (magnitude < 1_000n) return `${sign}${magnitude}ns`;
  if (magnitude < 1_000_000n) return `${sign}${fraction(magnitude, 1_000n)}µs`;
  if (magnitude < 1_000_000_000n) return `${sign}${fraction(magnitude, 1_000_000n)}ms`;
  const minutes = magnitude / 60_000_000_000n;
  const seconds = fraction(magnitude % 60_000_000_000n, 1_000_000_000n);
  if (minutes === 0n) return `${sign}${seconds}s`;
  if (minutes < 60n) return `${sign}${minutes}m${seconds}s`;
  return `${sign}${minutes / 60n}h${minutes % 60n}m${seconds}s`;
}

function fraction(value: bigint, unit: bigint): string {
  const rest = (value % unit)
    .toString()
    .padStart(unit.toString().length - 1, '0')
    .replace(/0+$/, '');
  return rest === '' ? `${value / unit}` : `${value / unit}.${rest}`;
}
