/** What either side says to a query, in one form. */
export interface Answer {
  /** Null when the query succeeded. */
  readonly error: string | null;
  readonly type: string;
  /** By label set, in the order of the answer. */
  readonly series: ReadonlyMap<string, readonly Point[]>;
  readonly warnings: readonly string[];
  readonly infos: readonly string[];
}

/** Values in the texts of the answer. */
export interface Point {
  readonly time: number;
  readonly value: string | WireHistogram;
}

export interface WireHistogram {
  readonly count: string;
  readonly sum: string;
  readonly buckets?: readonly (readonly [boundaries: number, lower: string, upper: string, count: string])[];
}

type WirePoint = readonly [time: number, value: string];
type WireHistogramPoint = readonly [time: number, value: WireHistogram];

interface WireSeries {
  readonly metric: Readonly<Record<string, string>>;
  readonly value?: WirePoint;
  readonly values?: readonly WirePoint[];
  readonly histogram?: WireHistogramPoint;
  readonly histograms?: readonly WireHistogramPoint[];
}

interface WireAnswer {
  readonly status: string;
  readonly data?: { readonly resultType: string; readonly result: unknown };
  readonly error?: string;
  readonly warnings?: readonly string[];
  readonly infos?: readonly string[];
}

/** An answer that is an error. */
export function failed(error: string): Answer {
  return { error, type: 'error', series: new Map(), warnings: [], infos: [] };
}

/** Reads the body of /api/v1/query or query_range. */
export function readAnswer(body: string): Answer {
  // The real program is the authority on its own wire format, which results of ours are rendered in.
  const answer = JSON.parse(body) as WireAnswer;
  if (answer.status !== 'success' || answer.data === undefined) return failed(answer.error ?? body);
  const { resultType, result } = answer.data;
  const { infos = [], warnings = [] } = answer;
  return { error: null, type: resultType, series: seriesOf(resultType, result), warnings, infos };
}

function seriesOf(type: string, result: unknown): Map<string, Point[]> {
  const series = new Map<string, Point[]>();
  const point = ([time, value]: WirePoint | WireHistogramPoint): Point => ({ time, value });
  // As above: the shape belongs to the type.
  if (type === 'scalar' || type === 'string') return series.set('{}', [point(result as WirePoint)]);
  for (const one of result as readonly WireSeries[]) {
    const single = one.value ?? one.histogram;
    const points = single === undefined ? [...(one.values ?? []), ...(one.histograms ?? [])] : [single];
    const key = JSON.stringify(Object.entries(one.metric).sort(([a], [b]) => (a < b ? -1 : 1)));
    if (series.has(key)) throw new Error(`two series ${key} in an answer`);
    series.set(
      key,
      points.map(point).sort((a, b) => a.time - b.time),
    );
  }
  return series;
}
