import { createSeriesFilter, type SeriesFilter } from '../ingest/kept-series.ts';
import { InvalidInput } from '../model/issue.ts';
import { selectionsOf } from '../promql/selections.ts';
import type { App } from './app.ts';
import { engineOptions, readRules } from './rules.ts';

/**
 * What the rules of the configuration select. Rules with mistakes are an InvalidInput when series are kept by them; when all are
 * kept they are only logged, and null says that nothing can be compared.
 */
export function ruleFilter({ config, log }: App): SeriesFilter | null {
  try {
    const { groups } = readRules(config);
    const options = engineOptions(config.settings);
    const times = { startMs: 0, endMs: 0, stepMs: 1 };
    const expressions = groups.flatMap((group) => group.rules.map((rule) => rule.expr));
    return createSeriesFilter(
      expressions.flatMap((expr) => selectionsOf(expr, times, options).map((selection) => selection.matchers)),
    );
  } catch (error) {
    if (!(error instanceof InvalidInput) || config.settings.ingest.keep === 'rules') throw error;
    log.log('warn', 'rules do not load, so ingest cannot say what they select', {
      error: error.message.slice(0, 1_000),
    });
    return null;
  }
}
