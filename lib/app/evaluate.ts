import { labelsOf } from '../model/labels.ts';
import { createEvaluateService, type EvaluateService } from '../services/evaluate.ts';
import { createSampleStore } from '../store/samples.ts';
import { type App, part } from './app.ts';
import { engineOptions, languageFeatures, memoryOptions, readRules } from './rules.ts';
import { sampleStoreLimits } from './sample-store.ts';

/** About half a gigabyte: what a function of 1.7 GB can keep beside its work. */
const MAX_CACHED_SAMPLES = 20_000_000;

export interface EvaluateApp extends App {
  readonly evaluate: EvaluateService;
}

/** With the service that evaluates rule groups. */
export const evaluateApp = part(async (base): Promise<EvaluateApp> => {
  const { table, queue, clock, config } = base;
  const { settings, externalUrl } = config;
  const samples = createSampleStore({ table }, sampleStoreLimits(settings));
  const { groups } = readRules(config);
  const evaluate = createEvaluateService(
    { table, queue, samples, clock, groups },
    {
      engine: engineOptions(settings),
      features: languageFeatures(settings),
      queryTimeoutMs: settings.query.timeout,
      resendDelayMs: settings.evaluation.resend_delay,
      externalLabels: labelsOf(settings.external_labels),
      externalUrl,
      maxCachedSamples: MAX_CACHED_SAMPLES,
      memory: memoryOptions(settings),
    },
  );
  return { ...base, evaluate };
});
