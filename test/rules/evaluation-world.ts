import { createEmbeddedQueue } from '../../lib/adapters/embedded-queue.ts';
import { createEmbeddedTable } from '../../lib/adapters/embedded-table.ts';
import { InvalidInput } from '../../lib/model/issue.ts';
import { type Labels, labelsOf, labelsToRecord } from '../../lib/model/labels.ts';
import { createSampleBatchBuilder } from '../../lib/model/sample.ts';
import type { OutgoingMessage, Queue, QueueName, Table } from '../../lib/ports.ts';
import { evaluate } from '../../lib/promql/evaluate.ts';
import { ALL_FEATURES } from '../../lib/promql/features.ts';
import { parseExpr } from '../../lib/promql/parser.ts';
import { selectionsOf } from '../../lib/promql/selections.ts';
import { readRuleFile } from '../../lib/rules/rule-file.ts';
import type { RuleGroup } from '../../lib/rules/rule-group.ts';
import type { GroupReport } from '../../lib/rules/rule-report.ts';
import { createSeriesMemory } from '../../lib/series/memory.ts';
import { createEvaluateService, type EvaluateReport, type EvaluateService } from '../../lib/services/evaluate.ts';
import { decodeDispatch } from '../../lib/services/messages.ts';
import { createRulesService } from '../../lib/services/rules.ts';
import type { SampleReader } from '../../lib/store/sample-reader.ts';
import { createSampleStore } from '../../lib/store/samples.ts';

export const MINUTE = 60_000;
/** Far from zero, a whole hour. */
export const START = 1_700_002_800_000;

const engine = {
  lookbackMs: 5 * MINUTE,
  defaultSubqueryStepMs: MINUTE,
  maxSamples: 1_000_000,
  delayedNameRemoval: false,
};
const sampleLimits = { retentionMs: 86_400_000, maxSampleAgeMs: 3_600_000, maxSampleFutureMs: 600_000 };

/** An alert as it went to the router; times as minutes since START. */
export interface Heard {
  readonly labels: Record<string, string>;
  readonly annotations: Record<string, string>;
  readonly startsAtMinute: number;
  readonly endsAtMinute: number;
  readonly generatorUrl: string;
}

/** Rules of a text, evaluated over embedded ports at times that the test chooses. */
export interface EvaluationWorld {
  readonly groups: readonly RuleGroup[];
  /** One sample of a series at a time, stored as ingest stores it. */
  push(series: Record<string, string>, value: number, atMs: number): Promise<void>;
  /** Delivers the message for the first group; the delivery happens at `nowMs`, or at the evaluation time. */
  evaluate(evalAtMs: number, nowMs?: number): Promise<EvaluateReport>;
  /** The same for a named group. */
  evaluateGroup(group: string, evalAtMs: number, nowMs?: number): Promise<EvaluateReport>;
  /** Everything that is new in the dispatch queue. */
  heard(): Promise<readonly Heard[]>;
  /** Values of an instant query over what is stored, by label set as JSON-like text. */
  query(expr: string, atMs: number): Promise<Record<string, number>>;
  report(nowMs: number): Promise<readonly GroupReport[]>;
  /** A new process on the same table and queue; with other rules, if given. */
  restart(rules?: string): void;
  /** Makes the next call of a port fail, once: "queue" before anything is sent, "state" and "samples" before anything is written. */
  breakOnce(what: 'queue' | 'state' | 'samples'): void;
}

export interface WorldOptions {
  readonly externalLabels?: Record<string, string>;
  readonly resendDelayMs?: number;
}

export function createEvaluationWorld(rules: string, options: WorldOptions = {}): EvaluationWorld {
  const time = { nowMs: START };
  const clock = { nowMs: () => time.nowMs };
  const table = createEmbeddedTable({ path: ':memory:', clock });
  const queue = createEmbeddedQueue({ path: ':memory:', clock, maxReceives: 5 });
  const broken = new Set<'queue' | 'state' | 'samples'>();
  const fragile = fragilePorts(table, queue, broken);
  const samples = createSampleStore({ table }, sampleLimits);
  let groups = readGroups(rules);
  let service = start();

  function start(): EvaluateService {
    const ports = { ...fragile, samples: createSampleStore({ table: fragile.table }, sampleLimits) };
    return createEvaluateService(
      { ...ports, clock, groups },
      {
        engine,
        features: ALL_FEATURES,
        resendDelayMs: options.resendDelayMs ?? MINUTE,
        externalLabels: labelsOf(options.externalLabels ?? {}),
        externalUrl: 'http://tocsin.test',
        queryTimeoutMs: MINUTE,
        maxCachedSamples: 1_000_000,
        memory: {},
      },
    );
  }

  const evaluateGroup = (group: string, evalAtMs: number, nowMs = evalAtMs): Promise<EvaluateReport> => {
    time.nowMs = Math.max(time.nowMs, nowMs);
    const file = groups.find(({ name }) => name === group)?.file ?? 'rules/test.yml';
    return service.evaluate({ file, group, evalAtMs }, nowMs);
  };

  return {
    get groups() {
      return groups;
    },
    async push(series, value, atMs) {
      const builder = createSampleBatchBuilder();
      builder.add(builder.series(labelsOf(series)), atMs, value);
      await samples.append(builder.build(), atMs);
    },
    evaluate: (evalAtMs, nowMs) => evaluateGroup(groups[0]?.name ?? '', evalAtMs, nowMs),
    evaluateGroup,
    heard: () => drain(queue),
    query: (text, atMs) => queryStored(samples, text, { atMs, nowMs: time.nowMs }),
    report: (nowMs) => createRulesService({ table, groups }).list(nowMs),
    restart(text) {
      if (text !== undefined) groups = readGroups(text);
      service = start();
    },
    breakOnce: (what) => broken.add(what),
  };
}

async function drain(queue: Queue): Promise<readonly Heard[]> {
  const heard: Heard[] = [];
  for (;;) {
    const messages = await queue.receive('dispatch', 10, MINUTE);
    if (messages.length === 0) return heard;
    for (const { body } of messages) heard.push(...decodeDispatch(body).alerts.map(hear));
    const receipts = messages.map(({ receipt }) => receipt);
    await queue.delete('dispatch', receipts);
  }
}

async function queryStored(
  samples: SampleReader,
  text: string,
  { atMs, nowMs }: { readonly atMs: number; readonly nowMs: number },
): Promise<Record<string, number>> {
  const expr = parseExpr(text, ALL_FEATURES);
  const times = { startMs: atMs, endMs: atMs, stepMs: 0 };
  const memory = createSeriesMemory();
  await samples.load(memory, selectionsOf(expr, times, engine), nowMs);
  const { value } = evaluate(expr, memory, times, engine);
  if (value.kind !== 'vector') throw new Error(`a ${value.kind} is no vector`);
  const print = (labels: Labels): string => printLabels(labelsToRecord(labels));
  return Object.fromEntries(value.elements.map((element) => [print(element.labels), element.value]));
}

function readGroups(text: string): readonly RuleGroup[] {
  const { groups, issues } = readRuleFile('rules/test.yml', text, {
    intervalMs: MINUTE,
    queryOffsetMs: 0,
    features: ALL_FEATURES,
  });
  if (issues.length > 0) throw new InvalidInput(issues);
  return groups;
}

function fragilePorts(
  table: Table,
  queue: Queue,
  broken: Set<'queue' | 'state' | 'samples'>,
): { readonly table: Table; readonly queue: Queue } {
  const breakIf = (what: 'queue' | 'state' | 'samples'): void => {
    if (broken.delete(what)) throw new Error(`the ${what} broke`);
  };
  return {
    table: {
      ...table,
      putIf: async (record, expected) => {
        breakIf('state');
        return table.putIf(record, expected);
      },
      putAll: async (records) => {
        if (records.length > 0) breakIf('samples');
        return table.putAll(records);
      },
    },
    queue: {
      ...queue,
      send: async (name: QueueName, messages: readonly OutgoingMessage[]) => {
        if (messages.length > 0) breakIf('queue');
        return queue.send(name, messages);
      },
    },
  };
}

type Dispatched = ReturnType<typeof decodeDispatch>['alerts'][number];

function hear({ labels, annotations, startsAtMs, endsAtMs, generatorUrl }: Dispatched): Heard {
  return {
    labels: labelsToRecord(labels),
    annotations: Object.fromEntries(annotations),
    startsAtMinute: ((startsAtMs ?? 0) - START) / MINUTE,
    endsAtMinute: ((endsAtMs ?? 0) - START) / MINUTE,
    generatorUrl,
  };
}

/** `name{a=b,c=d}`. */
function printLabels({ __name__: name = '', ...rest }: Record<string, string>): string {
  const pairs = Object.entries(rest).map(([label, value]) => `${label}=${value}`);
  return `${name}{${pairs.join(',')}}`;
}
