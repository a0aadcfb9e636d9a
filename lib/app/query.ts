import type { Installation } from '../api/prometheus-status.ts';
import { printDuration } from '../model/duration.ts';
import type { LanguageFeatures } from '../promql/features.ts';
import { createQueryService, type QueryService } from '../services/query.ts';
import { createRulesService, type RulesService } from '../services/rules.ts';
import { createMetadataStore } from '../store/metric-metadata.ts';
import { createSampleStore } from '../store/samples.ts';
import { type App, part } from './app.ts';
import { engineOptions, languageFeatures, memoryOptions, readRules } from './rules.ts';
import { sampleStoreLimits } from './sample-store.ts';
import { version } from './version.ts';

/** About half a gigabyte: what a function of 1.7 GB can keep beside its work. */
const MAX_HELD_SAMPLES = 20_000_000;

export interface QueryApp extends App {
  readonly query: QueryService;
  readonly rules: RulesService;
  readonly features: LanguageFeatures;
  readonly installation: Installation;
}

/** With what the Prometheus API reads: queries, rules, and facts about this installation. */
export const queryApp = part(async (base): Promise<QueryApp> => {
  const { table, config } = base;
  const { settings } = config;
  const features = languageFeatures(settings);
  const query = createQueryService(
    {
      samples: createSampleStore({ table }, sampleStoreLimits(settings)),
      metadata: createMetadataStore({ table }),
      stopwatch: () => performance.now(),
    },
    {
      engine: engineOptions(settings),
      features,
      timeoutMs: settings.query.timeout,
      maxHeldSamples: MAX_HELD_SAMPLES,
      memory: memoryOptions(settings),
    },
  );
  const rules = createRulesService({ table, groups: readRules(config).groups });
  return { ...base, query, rules, features, installation: describeInstallation(base) };
});

function describeInstallation({ clock, config, loadedAtMs }: App): Installation {
  const { externalUrl, files, settings } = config;
  return {
    version,
    startedAtMs: clock.nowMs() - process.uptime() * 1_000,
    loadedAtMs,
    retentionMs: settings.storage.retention,
    settingsYaml: files.texts.get('tocsin.yml') ?? '',
    flags: new Map([
      ['enable-feature', settings.query.features.join(',')],
      ['log.level', settings.log.level],
      ['query.lookback-delta', printDuration(settings.query.lookback_delta)],
      ['query.max-samples', String(settings.query.max_samples)],
      ['query.timeout', printDuration(settings.query.timeout)],
      ['rules.alert.resend-delay', printDuration(settings.evaluation.resend_delay)],
      ['storage.tsdb.retention.time', printDuration(settings.storage.retention)],
      ['web.external-url', externalUrl],
    ]),
    alertmanagerUrl: `${externalUrl}/api/v2/alerts`,
    externalLabels: new Map(Object.entries(settings.external_labels)),
    lookbackMs: settings.query.lookback_delta,
  };
}
