/** Which of the three extrapolated functions: a counter's resets are undone; a rate is divided by the range. */
export interface Extrapolation {
  readonly isCounter: boolean;
  readonly perSecond: boolean;
}

/** What the times of a window say about how far to extrapolate, in seconds. */
export interface Edges {
  sampled: number;
  toStart: number;
  toEnd: number;
  range: number;
}

/** A window, and the first and last of so many samples in it. */
export interface SampledWindow {
  startMs: number;
  endMs: number;
  firstMs: number;
  lastMs: number;
  count: number;
}

export function createEdges(): Edges {
  return { sampled: 0, toStart: 0, toEnd: 0, range: 0 };
}

/** Matches Prometheus' extrapolatedRate: a gap of 1.1 mean steps or more is extended by half a step, not to the edge. */
export function setEdges(edges: Edges, { startMs, endMs, firstMs, lastMs, count }: SampledWindow): void {
  const sampled = (lastMs - firstMs) / 1000;
  const mean = sampled / (count - 1);
  const threshold = mean * 1.1;
  const toStart = (firstMs - startMs) / 1000;
  const toEnd = (endMs - lastMs) / 1000;
  edges.sampled = sampled;
  edges.toStart = toStart >= threshold ? mean / 2 : toStart;
  edges.toEnd = toEnd >= threshold ? mean / 2 : toEnd;
  edges.range = (endMs - startMs) / 1000;
}

/** The same for one window. */
export function edgesOf(window: SampledWindow): Edges {
  const edges = createEdges();
  setEdges(edges, window);
  return edges;
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
