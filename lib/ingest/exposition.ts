import { checkLabelSet } from './label-set.ts';
import type { IngestLimits } from './limits.ts';
import { createReceivedBuilder, type MetricMetadata, type Received, type ReceivedBuilder } from './received.ts';
import { tooLarge, unreadable } from './rejections.ts';
import { LineError, parseValue, scanSampleLine, unescapeText } from './text-scanner.ts';

/** `text`: Prometheus text format 0.0.4, times in milliseconds. `openmetrics`: OpenMetrics 1.0, times in seconds, ends with `# EOF`. */
export type ExpositionFormat = 'text' | 'openmetrics';

export interface ExpositionInput {
  readonly body: Uint8Array;
  readonly format: ExpositionFormat;
  /** Time of samples whose line has none. */
  readonly receivedAtMs: number;
}

/** Longer lines are refused unread: no legal series needs as much, and patterns run on bounded text only. */
const MAX_LINE_CHARS = 131_072;

/** A sample with its `# HELP`, `# TYPE` and `# UNIT`. */
const LINES_PER_SAMPLE = 4;

const decoder = new TextDecoder('utf-8', { fatal: true });

// The name may be quoted, as in `# TYPE "my.metric" gauge`.
const DESCRIPTION = /^#[ \t]+(TYPE|HELP|UNIT)[ \t]+("(?:[^"\\]|\\.)*"|[^ \t"]+)[ \t]*(.*)$/;
const TYPES: ReadonlySet<string> = new Set([
  ...['counter', 'gauge', 'histogram', 'gaugehistogram', 'summary', 'info', 'stateset', 'unknown', 'untyped'],
]);
const FIELD_OF = { TYPE: 'type', HELP: 'help', UNIT: 'unit' } as const;

/**
 * Reads pushed text. Each line stands for itself: good ones are kept, bad ones are refused with their number, and so is an
 * OpenMetrics text without its end (what came before is kept). Throws InvalidInput when the body is no UTF-8 or holds too much.
 */
export function parseExposition(input: ExpositionInput, limits: IngestLimits): Received {
  const text = decode(input.body);
  const into = createReceivedBuilder(limits);
  const described = new Map<string, MetricMetadata>();
  const maxLines = limits.maxSamples * LINES_PER_SAMPLE;
  let lineNumber = 0;
  let hasEnded = false;
  for (let at = 0; at < text.length; ) {
    const newline = text.indexOf('\n', at);
    const end = newline < 0 ? text.length : newline;
    const line = text.slice(at, text[end - 1] === '\r' && end > at ? end - 1 : end);
    at = end + 1;
    lineNumber += 1;
    if (lineNumber > maxLines) throw tooLarge(`request holds more than ${maxLines} lines`);
    if (hasEnded) {
      into.reject('syntax', `line ${lineNumber}: text after # EOF`);
      break;
    }
    try {
      hasEnded = readLine(line, { input, limits, described, into }) && input.format === 'openmetrics';
    } catch (error) {
      if (!(error instanceof LineError)) throw error;
      into.reject('syntax', `line ${lineNumber}, column ${error.column}: ${error.message}`);
    }
  }
  if (input.format === 'openmetrics' && !hasEnded) into.reject('syntax', 'text does not end with # EOF');
  for (const [metricName, metadata] of described) into.addMetadata(metricName, metadata);
  return into.build();
}

function decode(body: Uint8Array): string {
  try {
    return decoder.decode(body);
  } catch {
    throw unreadable('body is not UTF-8');
  }
}

interface LineContext {
  readonly input: ExpositionInput;
  readonly limits: IngestLimits;
  readonly described: Map<string, MetricMetadata>;
  readonly into: ReceivedBuilder;
}

/** True for the line that ends OpenMetrics. */
function readLine(line: string, context: LineContext): boolean {
  if (line.length > MAX_LINE_CHARS)
    throw new LineError(`line has ${line.length} characters, limit ${MAX_LINE_CHARS}`, 1);
  if (line.startsWith('#')) {
    if (line === '# EOF') return true;
    describe(line, context);
    return false;
  }
  if (line.trim() === '') return false;
  const sample = scanSampleLine(line);
  const timeMs = sample.time === null ? context.input.receivedAtMs : parseTime(sample.time, context.input.format, line);
  const check = checkLabelSet(sample.pairs, context.limits);
  if (check.kind === 'rejected') throw new LineError(check.text, 1);
  const series = context.into.series(check);
  context.into.add(series, timeMs, sample.value);
  if (sample.hasExemplar) context.into.addExemplar(series);
  return false;
}

function parseTime(word: string, format: ExpositionFormat, line: string): number {
  const value = parseValue(word);
  const timeMs = Math.round(format === 'text' ? (value ?? Number.NaN) : (value ?? Number.NaN) * 1_000);
  if (Number.isSafeInteger(timeMs)) return timeMs;
  const unit = format === 'text' ? 'milliseconds' : 'seconds';
  throw new LineError(`bad timestamp ${JSON.stringify(word)}, ${unit} since 1970 expected`, line.lastIndexOf(word) + 1);
}

/** Any other comment is skipped. */
function describe(line: string, context: LineContext): void {
  const [, keyword, writtenName = '', text = ''] = DESCRIPTION.exec(line) ?? [];
  if (keyword !== 'TYPE' && keyword !== 'HELP' && keyword !== 'UNIT') return;
  if (context.described.size >= context.limits.maxSeries) return;
  const metricName = writtenName.startsWith('"') ? unescapeText(writtenName.slice(1, -1)) : writtenName;
  const value = keyword === 'HELP' ? unescapeText(text) : text.trim();
  if (keyword === 'TYPE' && !TYPES.has(value)) throw new LineError(`unknown metric type ${JSON.stringify(value)}`, 1);
  const known = context.described.get(metricName) ?? { type: 'unknown', help: '', unit: '' };
  const kept = keyword === 'TYPE' && value === 'untyped' ? 'unknown' : value;
  context.described.set(metricName, { ...known, [FIELD_OF[keyword]]: kept });
}
