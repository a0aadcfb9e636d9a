/** Which of the three extrapolated functions: a counter's resets are undone; a rate is divided by the range. */
export interface Extrapolation {
  readonly isCounter: boolean;
  readonly perSecond: boolean;
}

/** What the times of a window say about how far to extrapolate, in seconds. */
export interface Edges {
  readonly sampled: number;
  readonly toStart: number;
  readonly toEnd: number;
  readonly range: number;
}

/** Matches Prometheus' extrapolatedRate: a gap of 1.1 mean steps or more is extended by half a step, not to the edge. */
export function edgesOf(
  firstMs: number,
  lastMs: number,
  count: number,
  window: { startMs: number; endMs: number },
): Edges {
  const sampled = (lastMs - firstMs) / 1000;
  const mean = sampled / (count - 1);
  const threshold = mean * 1.1;
  const toStart = (firstMs - window.startMs) / 1000;
  const toEnd = (window.endMs - lastMs) / 1000;
  return {
    sampled,
    toStart: toStart >= threshold ? mean / 2 : toStart,
    toEnd: toEnd >= threshold ? mean / 2 : toEnd,
    range: (window.endMs - window.startMs) / 1000,
  };
}

/** By what to multiply a difference; a counter is not taken below zero. The order of operations is Prometheus', to the last bit. */
export function factorOf(difference: number, first: number, edges: Edges, kind: Extrapolation): number {
  let { toStart } = edges;
  if (kind.isCounter && difference > 0 && first >= 0) {
    const toZero = edges.sampled * (first / difference);
    if (toZero < toStart) toStart = toZero;
  }
  const factor = (edges.sampled + toStart + edges.toEnd) / edges.sampled;
  return kind.perSecond ? factor / edges.range : factor;
}
