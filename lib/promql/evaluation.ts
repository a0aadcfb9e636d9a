import type { Grid } from '../series/grid.ts';
import type { Annotations } from './annotations.ts';
import type { Expr } from './ast.ts';
import type { Chunk } from './chunk.ts';
import type { Source } from './reset-detection.ts';
import type { SeriesList } from './series-list.ts';
import { type EngineOptions, QueryError, type QueryTimes } from './value.ts';
import type { WindowSearch } from './windows.ts';

/** The instants at which an expression is evaluated: `startMs + i * stepMs` for i below `count`. */
export interface Steps {
  readonly startMs: number;
  readonly stepMs: number;
  readonly count: number;
}

/** A scalar: one value per step. */
export interface Scalar {
  readonly kind: 'scalar';
  readonly values: Float64Array;
}

export interface Text {
  readonly kind: 'string';
  readonly value: string;
}

/** An instant vector at every step, as a stream of chunks. It is computed while it is consumed, and can be consumed once. */
export interface Vector {
  readonly kind: 'vector';
  /** No two label sets are equal, and none will be when metric names are removed. */
  readonly distinct: boolean;
  each(consume: (chunk: Chunk) => void): void;
}

/** A range vector at every step, as a stream of windows over grids. */
export interface Ranges {
  readonly kind: 'matrix';
  readonly distinct: boolean;
  each(consume: (windows: Windows) => void): void;
}

export type Value = Scalar | Text | Vector | Ranges;

/**
 * For some columns of a grid, the window of each step. Several grids may fill one chunk together: they come one after
 * another, each with its place in it. Windows are those of the whole range vector moved on: do not keep them.
 */
export interface Windows extends WindowSearch {
  readonly grid: Grid;
  /** Grid column of each series, ascending. */
  readonly columns: Int32Array;
  readonly into: ChunkPlace;
  /** Rows of all windows together. */
  readonly rows: number;
}

/** Where results go: the series of the whole chunk, and which of them belongs to the first column. */
export interface ChunkPlace {
  readonly series: SeriesList;
  readonly first: number;
}

/** What operators and functions work with. A subquery is evaluated by an Evaluation of its own. */
export interface Evaluation {
  readonly steps: Steps;
  readonly isSubquery: boolean;
  /** The times of the whole query, which start(), end(), step() and range() mean. */
  readonly query: QueryTimes;
  readonly memory: Source;
  readonly options: EngineOptions;
  readonly annotations: Annotations;
  readonly budget: SampleBudget;
  value(expr: Expr): Value;
  vector(expr: Expr): Vector;
  ranges(expr: Expr): Ranges;
  /** One value per step. */
  scalar(expr: Expr): Float64Array;
  text(expr: Expr): string;
  /** The same query at other steps, with hints as stored. */
  at(steps: Steps): Evaluation;
  /** The same query with the reset hints of native histograms as they are stored, or detected where they are unknown. */
  withHints(hints: 'stored' | 'detected'): Evaluation;
}

/** Counts the samples of a query, read, held and looked at. */
export interface SampleBudget {
  /** Samples read so far, once per step. */
  readonly read: number;
  countRead(samples: number): void;
  /** Throws the query's error when more samples are held at once than allowed. */
  hold(samples: number): void;
  release(samples: number): void;
  /** Called as samples are looked at: throws the query's error when its time is up. */
  visit(samples: number): void;
}

/** Looking at so many samples takes some milliseconds: the time is asked for that often. */
const SAMPLES_BETWEEN_CHECKS = 1_000_000;

/** A budget for one query, whose time is up when `isOver` says so. */
export function createSampleBudget(maxSamples: number, isOver: () => boolean): SampleBudget {
  let read = 0;
  let held = 0;
  let unchecked = 0;
  const visit = (samples: number): void => {
    unchecked += samples;
    if (unchecked < SAMPLES_BETWEEN_CHECKS) return;
    unchecked = 0;
    if (isOver()) throw timeIsUp();
  };
  return {
    get read() {
      return read;
    },
    countRead(samples) {
      read += samples;
    },
    hold(samples) {
      held += samples;
      if (held > maxSamples) throw tooManySamples();
      visit(samples);
    },
    release(samples) {
      held -= samples;
    },
    visit,
  };
}

/** The error of a query whose time is up. */
export function timeIsUp(): QueryError {
  return new QueryError('query timed out in expression evaluation', 'timeout');
}

/** The error of a query that would hold more samples than allowed. */
export function tooManySamples(): QueryError {
  return new QueryError('query processing would load too many samples into memory in query execution');
}

/** The instant of a step. */
export function stepTimeMs(steps: Steps, step: number): number {
  return steps.startMs + step * steps.stepMs;
}
