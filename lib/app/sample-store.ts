import type { SampleStoreLimits } from '../store/samples.ts';
import type { Settings } from './settings.ts';

/** What every user of the sample store tells it; readers and writers must agree. */
export function sampleStoreLimits({ ingest, storage }: Settings): SampleStoreLimits {
  return {
    retentionMs: storage.retention,
    maxSampleAgeMs: ingest.max_sample_age,
    maxSampleFutureMs: ingest.max_sample_future,
  };
}
