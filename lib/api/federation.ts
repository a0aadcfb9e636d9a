/** GET /federate: the newest sample of each selected series as text, for a Prometheus that scrapes this one. */
import { InvalidInput } from '../model/issue.ts';
import { type Labels, labelValue, METRIC_NAME } from '../model/labels.ts';
import type { LanguageFeatures } from '../promql/features.ts';
import { formatGeneral } from '../promql/go-format.ts';
import type { QueryService } from '../services/query.ts';
import { escapeName, isLegacyName, type NameEscaping, parseNameEscaping } from './escaped-names.ts';
import { type HttpReply, type HttpRequest, textReply } from './http.ts';
import { parseSelectors, readParameters } from './prometheus-parameters.ts';

/** What federation works with. */
export interface FederationContext {
  readonly query: QueryService;
  readonly features: LanguageFeatures;
  /** Added to series that lack them. */
  readonly externalLabels: ReadonlyMap<string, string>;
  /** How old a sample may be. */
  readonly lookbackMs: number;
}

interface FederatedSample {
  readonly labels: Labels;
  readonly timeMs: number;
  readonly value: number;
}

/** Answers as Prometheus does. Native histograms have no text form and are left out. */
export async function answerFederation(context: FederationContext, request: HttpRequest): Promise<HttpReply> {
  const escaping = acceptedEscaping(request.headers.get('accept') ?? '');
  const parameters = readParameters(request);
  try {
    parseSelectors(parameters, context.features, '');
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error;
    return textReply(400, `${error.issues[0]?.message ?? error.message}\n`);
  }
  const byKey = new Map<string, FederatedSample>();
  for (const selector of parameters.all('match[]')) {
    const found = await newestSamples(context, selector, request.receivedAtMs);
    if (found.kind === 'failed') return textReply(500, `${found.message}\n`);
    for (const sample of found.samples) byKey.set(sample.labels.key, sample);
  }
  const headers = { 'content-type': `text/plain; version=0.0.4; charset=utf-8; escaping=${escaping}` };
  return { status: 200, headers, body: printSamples([...byKey.values()], context.externalLabels, escaping) };
}

type Found =
  | { readonly kind: 'found'; readonly samples: readonly FederatedSample[] }
  | { readonly kind: 'failed'; readonly message: string };

/** The instant vector tells which series have not ended, the range vector when their samples were. */
async function newestSamples(
  { lookbackMs, query }: FederationContext,
  selector: string,
  nowMs: number,
): Promise<Found> {
  const times = { startMs: nowMs, endMs: nowMs, stepMs: 0 };
  const common = { times, timeoutMs: null, lookbackMs: null };
  const current = await query.query({ ...common, text: selector }, nowMs);
  if (current.kind === 'failed') return current;
  // A comment in the selector ends with its line.
  const ranged = await query.query({ ...common, text: `${selector}\n[${lookbackMs}ms]` }, nowMs);
  if (ranged.kind === 'failed') return ranged;
  const alive = current.result.value.kind === 'vector' ? current.result.value.elements : [];
  const matrix = ranged.result.value.kind === 'matrix' ? ranged.result.value.series : [];
  const timesByKey = new Map(matrix.map(({ labels, timesMs }) => [labels.key, timesMs.at(-1) ?? nowMs]));
  const samples = alive
    .filter(({ histogram }) => histogram === null)
    .map(({ labels, value }) => ({ labels, value, timeMs: timesByKey.get(labels.key) ?? nowMs }));
  return { kind: 'found', samples };
}

/** The first text format that the caller takes says how names are escaped; names from before UTF-8 are safe for everyone. */
function acceptedEscaping(accept: string): NameEscaping {
  let escaping: NameEscaping = 'underscores';
  for (const entry of accept.split(',')) {
    const [type = '', ...parameters] = entry.split(';').map((part) => part.trim());
    const wanted = parameters.find((parameter) => parameter.startsWith('escaping='));
    escaping = parseNameEscaping(wanted?.slice('escaping='.length) ?? '') ?? escaping;
    if (type === 'text/plain') return escaping;
  }
  return escaping;
}

function printSamples(
  samples: readonly FederatedSample[],
  externalLabels: ReadonlyMap<string, string>,
  escaping: NameEscaping,
): string {
  const nameOf = ({ labels }: FederatedSample): string => labelValue(labels, METRIC_NAME);
  const named = samples.filter((sample) => nameOf(sample) !== '');
  named.sort((a, b) => (nameOf(a) === nameOf(b) ? 0 : nameOf(a) < nameOf(b) ? -1 : 1));
  let text = '';
  let last = '';
  for (const sample of named) {
    const name = nameOf(sample);
    const shown = escapeName(name, escaping);
    if (name !== last) text += `# TYPE ${isLegacyName(shown) ? shown : quoteText(shown)} untyped\n`;
    last = name;
    text += `${printSeries(shown, sample.labels, { externalLabels, escaping })} ${valueText(sample.value)} ${sample.timeMs}\n`;
  }
  return text;
}

interface Printing {
  readonly externalLabels: ReadonlyMap<string, string>;
  readonly escaping: NameEscaping;
}

function printSeries(name: string, labels: Labels, { escaping, externalLabels }: Printing): string {
  const own = labels.pairs.filter(([label]) => label !== METRIC_NAME);
  const present = new Set(own.map(([label]) => label));
  const added = [...externalLabels].filter(([label]) => !present.has(label));
  // The label "instance" of whoever scrapes this must not count for these series.
  const instance = present.has('instance') || externalLabels.has('instance') ? [] : [['instance', ''] as const];
  const pairs = [...own, ...added, ...instance].map(([label, value]) => {
    const shown = escapeName(label, escaping);
    return `${isLegacyName(shown) ? shown : quoteText(shown)}=${quoteText(value)}`;
  });
  if (isLegacyName(name)) return `${name}{${pairs.join(',')}}`;
  return `{${[quoteText(name), ...pairs].join(',')}}`;
}

function quoteText(text: string): string {
  return `"${text.replace(/[\\\n"]/g, (char) => (char === '\n' ? '\\n' : `\\${char}`))}"`;
}

function valueText(value: number): string {
  return value === 0 ? '0' : formatGeneral(value);
}
