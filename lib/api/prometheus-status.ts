import { printDuration } from '../model/duration.ts';
import type { LanguageFeatures } from '../promql/features.ts';
import { parseSelector } from '../promql/parser.ts';
import { renderDateTime } from './date-time.ts';
import { writeJson } from './go-json.ts';
import { parseGoInteger } from './go-number.ts';
import { type Answer, failure, success } from './prometheus-envelope.ts';
import { type Parameters, refuse, withinParameter } from './prometheus-parameters.ts';

/** What there is to say about this installation. */
export interface Installation {
  /** Of Tocsin. */
  readonly version: string;
  readonly startedAtMs: number;
  /** When the running configuration was loaded. */
  readonly loadedAtMs: number;
  readonly retentionMs: number;
  /** `tocsin.yml` as it was written. */
  readonly settingsYaml: string;
  /** Settings under the names of Prometheus' flags. */
  readonly flags: ReadonlyMap<string, string>;
  /** Where alerts go: this installation's own. */
  readonly alertmanagerUrl: string;
  /** `external_labels`. */
  readonly externalLabels: ReadonlyMap<string, string>;
  /** How old the newest sample of a series may be. */
  readonly lookbackMs: number;
}

/** The Prometheus whose language and API this is; programs such as Grafana choose their features by it. */
const COMPATIBLE_VERSION = '3.5.3';

/** GET /api/v1/status/buildinfo */
export function answerBuild({ version }: Installation): Answer {
  const none = { branch: '', buildUser: '', buildDate: '', goVersion: '' };
  return success(writeJson({ version: COMPATIBLE_VERSION, revision: `tocsin ${version}`, ...none }));
}

/** GET /api/v1/status/runtimeinfo. What only a Go program has is zero or empty. */
export function answerRuntime({ loadedAtMs, retentionMs, startedAtMs }: Installation, nowMs: number): Answer {
  const status = {
    startTime: renderDateTime(startedAtMs),
    CWD: '',
    hostname: '',
    serverTime: renderDateTime(nowMs),
    reloadConfigSuccess: true,
    lastConfigTime: renderDateTime(loadedAtMs),
    corruptionCount: 0,
    goroutineCount: 0,
    GOMAXPROCS: 0,
    GOMEMLIMIT: 0,
    GOGC: '',
    GODEBUG: '',
    storageRetention: printDuration(retentionMs),
  };
  return success(writeJson(status));
}

/** GET /api/v1/status/config */
export function answerConfig({ settingsYaml }: Installation): Answer {
  return success(writeJson({ yaml: settingsYaml }));
}

/** GET /api/v1/status/flags */
export function answerFlags({ flags }: Installation): Answer {
  return success(writeJson(flags));
}

/** GET /api/v1/targets: nothing is scraped here. */
export function answerTargets(parameters: Parameters): Answer {
  const state = parameters.first('state').toLowerCase();
  const showsDropped = state === '' || state === 'any' || state === 'dropped';
  const droppedTargetCounts = showsDropped ? {} : null;
  return success(writeJson({ activeTargets: [], droppedTargets: [], droppedTargetCounts }));
}

/** GET /api/v1/targets/metadata: nothing is scraped here, but mistakes are told. */
export function answerTargetMetadata(parameters: Parameters, features: LanguageFeatures): Answer {
  const limit = parameters.first('limit');
  if (limit !== '' && typeof parseGoInteger(limit) !== 'number') refuse('limit must be a number');
  const target = parameters.first('match_target');
  if (target !== '') withinParameter('invalid parameter "match_target": ', () => parseSelector(target, features));
  return success('[]');
}

/** Endpoints of Prometheus' own storage, which there is not; as it answers unless they are enabled. */
export function answerAdministration(): Answer {
  return failure('unavailable', 'admin APIs disabled');
}

/** GET /api/v1/alertmanagers */
export function answerAlertmanagers({ alertmanagerUrl }: Installation): Answer {
  return success(writeJson({ activeAlertmanagers: [{ url: alertmanagerUrl }], droppedAlertmanagers: [] }));
}
