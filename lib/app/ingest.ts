import { inflate } from '../adapters/inflate.ts';
import { DEFAULT_INGEST_LIMITS, type IngestLimits } from '../ingest/limits.ts';
import { createIngestService, type IngestService } from '../services/ingest.ts';
import { createMetadataStore } from '../store/metric-metadata.ts';
import { createSampleStore } from '../store/samples.ts';
import { type App, part } from './app.ts';
import { ruleFilter } from './kept-series.ts';
import { sampleStoreLimits } from './sample-store.ts';
import type { Settings } from './settings.ts';

export interface IngestApp extends App {
  readonly ingest: IngestService;
}

/** With the service that takes samples in. */
export const ingestApp = part(async (base): Promise<IngestApp> => {
  const { table, config } = base;
  const samples = createSampleStore({ table }, sampleStoreLimits(config.settings));
  const metadata = createMetadataStore({ table });
  const limits = ingestLimits(config.settings);
  const { keep } = config.settings.ingest;
  const typeAndUnitLabels = config.settings.query.features.includes('type-and-unit-labels');
  const ingest = createIngestService(
    { samples, metadata, inflate },
    { limits, keep, isSelected: ruleFilter(base), typeAndUnitLabels },
  );
  return { ...base, ingest };
});

function ingestLimits({ ingest }: Settings): IngestLimits {
  return {
    ...DEFAULT_INGEST_LIMITS,
    maxBodyBytes: ingest.max_body_bytes,
    maxInflatedBytes: ingest.max_inflated_bytes,
    maxSeries: ingest.max_series_per_request,
    maxLabelsPerSeries: ingest.max_labels_per_series,
    maxLabelNameBytes: ingest.max_label_name_bytes,
    maxLabelValueBytes: ingest.max_label_value_bytes,
    maxSampleAgeMs: ingest.max_sample_age,
    maxSampleFutureMs: ingest.max_sample_future,
  };
}
