import { labelsToRecord } from '../../../lib/model/labels.ts';
import type { Dataset, Metric, MetricKind } from './dataset.ts';
import type { Random } from './random.ts';

/** Texts of selectors, range selectors and their modifiers over a dataset. */
export interface Selectors {
  /** Any instant selector whose samples are of these kinds. */
  instant(kinds: readonly MetricKind[]): string;
  range(kinds: readonly MetricKind[]): string;
  /** `[5m:30s]` with modifiers, for behind an expression. */
  subquery(): string;
  /** `by (job)`, `without (code)` or nothing. */
  grouping(): string;
  labels(): string[];
}

const LABELS = ['job', 'instance', 'zone', 'code', 'queue', 'le', 'version', 'missing', '__name__', '"a.b"'];
const PLAIN_NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;

/** Selectors for one dataset. */
export function createSelectors(random: Random, dataset: Dataset): Selectors {
  const body = (kinds: readonly MetricKind[]): string =>
    random.chance(0.08) ? severalMetrics(random) : oneMetric(random, dataset, kinds);
  return {
    instant: (kinds) => `${body(kinds)}${modifiers(random, dataset)}`,
    range: (kinds) => `${body(kinds)}[${rangeText(random, dataset)}]${modifiers(random, dataset)}`,
    subquery() {
      const step = random.chance(0.3) ? '' : random.pick(['1m', '30s', '15s', '17s', '45s', '7', '2 * 20', '1m - 15s']);
      return `[${random.pick(['1m', '2m', '5m', '10m', '90s', '4m * 1.5'])}:${step}]${modifiers(random, dataset)}`;
    },
    grouping() {
      const kind = random.weigh([
        [3, 'by'],
        [1.5, 'without'],
        [3, ''],
      ] as const);
      return kind === '' ? '' : ` ${kind} (${randomLabels(random).join(', ')})`;
    },
    labels: () => randomLabels(random),
  };
}

function randomLabels(random: Random): string[] {
  const common = random.chance(0.8);
  return [...new Set(Array.from({ length: random.int(4) }, () => random.pick(common ? LABELS.slice(0, 5) : LABELS)))];
}

function severalMetrics(random: Random): string {
  const names = random.pick([
    'twin_a|twin_b',
    'twin_.*',
    'http_requests_total|io_bytes_total',
    '.+_total',
    '(jobs|io|up).*',
    'target_info|build_info',
    'up|mixed_values',
    'temperature|nothing',
  ]);
  if (random.chance(0.9)) return `{__name__=~"${names}"${random.chance(0.4) ? `,${someMatcher(random)}` : ''}}`;
  return random.pick(['{job="api"}', '{queue="a",zone!=""}', '{code=~"2..|4.."}', '{"a.b"="x"}', '{le="1"}']);
}

function someMatcher(random: Random): string {
  return random.pick([
    'job="api"',
    'job!="web"',
    'zone=""',
    'zone=~"eu|us"',
    'zone!~"e.*"',
    'queue=~".+"',
    'code=~"4..|5.."',
    'instance=~"(api|db):[01]"',
    'job=~"(?i)API|db"',
    'code!~"2.."',
    'missing=""',
    'missing!~".+"',
  ]);
}

function oneMetric(random: Random, { metrics }: Dataset, kinds: readonly MetricKind[]): string {
  const fitting = metrics.filter(({ kind, series }) => kinds.includes(kind) && series.length > 0);
  if (fitting.length === 0 || random.chance(0.01)) return 'no_such_metric';
  const metric = random.pick(fitting);
  const isPlain = PLAIN_NAME.test(metric.name);
  const matchers = [
    ...(isPlain ? [] : [JSON.stringify(metric.name)]),
    ...(random.chance(0.3) ? ownMatchers(random, metric) : []),
    ...(random.chance(0.15) ? [someMatcher(random)] : []),
  ];
  const braces = matchers.length === 0 ? '' : `{${matchers.join(',')}}`;
  return isPlain ? `${metric.name}${braces}` : braces;
}

function ownMatchers(random: Random, { series }: Metric): string[] {
  const { __name__, ...labels } = labelsToRecord(random.pick(series).labels);
  return random.some(Object.entries(labels), 0.5).map(([name, value]) => {
    const label = PLAIN_NAME.test(name) ? name : JSON.stringify(name);
    return random.weigh([
      [5, `${label}=${JSON.stringify(value)}`],
      [1, `${label}!=${JSON.stringify(value)}`],
      [1, `${label}=~${JSON.stringify(`${value.replaceAll('+', '\\+')}|x`)}`],
      [1, `${label}!~${JSON.stringify(value.replaceAll('+', '\\+'))}`],
    ]);
  });
}

function rangeText(random: Random, { intervalMs }: Dataset): string {
  const aroundMs = intervalMs * random.between(1, 12) + random.pick([0, 0, 1, -1, 500]);
  return random.weigh([
    [4, () => random.pick(['1m', '2m', '5m', '5m', '10m', '90s'])],
    [3, () => `${aroundMs}ms`],
    [1, () => String(intervalMs / 1000)],
    [0.5, () => random.pick(['20m', '1h', '1ms', '37s', '1.5'])],
    [0.7, () => random.pick(['5m / 2', '2 * 45', '(1m + 30s)', '-1m + 2m', '2 ^ 6', '7m % 4m', '1m * (1 + 2)'])],
  ])();
}

function modifiers(random: Random, dataset: Dataset): string {
  const offset = random.chance(0.12) ? ` offset ${offsetText(random)}` : '';
  const at = random.chance(0.07) ? ` @ ${atText(random, dataset)}` : '';
  return random.chance(0.5) ? `${offset}${at}` : `${at}${offset}`;
}

function offsetText(random: Random): string {
  return random.pick(['1m', '5m', '10m', '-1m', '15s', '1ms', '-7s', '0s', '90', '(1m + 5s)', '-(2 * 30)', '1h']);
}

function atText(random: Random, { endMs, startMs }: Dataset): string {
  const timeMs = startMs + random.int(endMs - startMs);
  return random.pick(['start()', 'end()', (timeMs / 1000).toFixed(3), String(Math.floor(timeMs / 1000))]);
}
