/**
 * One hostile expression in a process of its own: `node hostile-child.ts SEED NAME`. Prints how the engine took it, how long that was
 * and how much memory the process has ever had. A regular expression is asked to match (NAME) or to find groups (NAME, groups).
 */
import { readFileSync } from 'node:fs';
import { InvalidInput } from '../../lib/model/issue.ts';
import { labelsOf } from '../../lib/model/labels.ts';
import { createSampleBatchBuilder } from '../../lib/model/sample.ts';
import { evaluate } from '../../lib/promql/evaluate.ts';
import { ALL_FEATURES } from '../../lib/promql/features.ts';
import { parseExpr } from '../../lib/promql/parser.ts';
import { QueryError } from '../../lib/promql/value.ts';
import { createSeriesMemory, type SeriesMemory } from '../../lib/series/memory.ts';
import { HOSTILE_REGEXES, hostileExpressions } from './hostile-expressions.ts';

/** As long as the parser takes. */
const LENGTH = 999_000;
const LONGEST_VALUE = 4096;
const OPTIONS = {
  lookbackMs: 300_000,
  defaultSubqueryStepMs: 60_000,
  maxSamples: 50_000_000,
  delayedNameRemoval: false,
};

/** What a hostile query may find: values as long as they may be, nearly what the patterns look for. */
function longValues(): SeriesMemory {
  const memory = createSeriesMemory();
  const builder = createSampleBatchBuilder();
  for (const [i, end] of ['b', '!'].entries()) {
    const value = 'a'.repeat(LONGEST_VALUE - end.length) + end;
    builder.add(builder.series(labelsOf({ __name__: 'x', a: value, i: String(i) })), 0, i);
  }
  memory.append(builder.build());
  return memory;
}

/** The first message, cut; or that it was answered. */
function take(text: string, memory: SeriesMemory): string {
  try {
    const times = { startMs: 0, endMs: 0, stepMs: 0 };
    evaluate(parseExpr(text, ALL_FEATURES), memory, times, { ...OPTIONS, text });
    return 'answered';
  } catch (error) {
    if (!(error instanceof InvalidInput || error instanceof QueryError)) throw error;
    return `refused: ${error.message.slice(0, 100)}`;
  }
}

const [, , seed = '1', name = ''] = process.argv;
const text = hostileExpressions({ seed: Number(seed), length: LENGTH })[name]?.() ?? hostileRegex(name);
const memory = longValues();
const startMs = performance.now();
const outcome = take(text, memory);
const tookMs = performance.now() - startMs;
const [, peakKb = '0'] = /VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
console.log(JSON.stringify({ outcome, tookMs: Math.round(tookMs), peakMb: Math.round(Number(peakKb) / 1024) }));

function hostileRegex(asked: string): string {
  const regex = HOSTILE_REGEXES[asked.replace(/, groups$/, '')];
  if (regex === undefined) throw new Error(`no such expression: ${asked}`);
  const quoted = JSON.stringify(regex);
  return asked.endsWith(', groups') ? `label_replace(x, "b", "$1", "a", ${quoted})` : `x{a=~${quoted}}`;
}
