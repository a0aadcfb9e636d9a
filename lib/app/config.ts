import { type ConfigFiles, readConfigFolder } from '../adapters/config-folder.ts';
import { InvalidInput, type Issue } from '../model/issue.ts';
import type { QUEUES, QueueName } from '../ports.ts';
import { parseSettings, type Settings } from './settings.ts';

/** Where this process stands: in AWS, or on its own with a folder for its store. */
export type Place =
  | {
      readonly kind: 'aws';
      readonly tableName: string;
      readonly queueUrls: Readonly<Record<QueueName, string>>;
      /** SSM parameter that holds the hashes of the accepted tokens and passwords. */
      readonly authParameter: string;
    }
  | {
      readonly kind: 'local';
      readonly storeFolder: string;
      /** File with the hashes of the accepted tokens and passwords; null lets everyone in. */
      readonly authFile: string | null;
    };

/** Everything a process is told from outside. Parsed once; the only reader of the environment is this file. */
export interface AppConfig {
  readonly place: Place;
  readonly settings: Settings;
  readonly files: ConfigFiles;
  /** No trailing slash. */
  readonly externalUrl: string;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** The environment of this process. */
export function processEnvironment(): Environment {
  return process.env;
}

/** A configuration of which a part may be wrong: there stand the defaults, and `issues` says what is wrong with files so far. */
export interface ConfigDraft {
  readonly config: AppConfig;
  readonly issues: readonly Issue[];
}

/** Reads the environment and the config folder; throws InvalidInput for variables only. */
export async function readConfigDraft(environment: Environment, freshness: string): Promise<ConfigDraft> {
  const place = parsePlace(environment);
  const { files, issues } = await readConfigFolder(environment['TOCSIN_CONFIG'] ?? 'config', freshness);
  const draft = parseSettings(files.texts.get('tocsin.yml') ?? '', 'tocsin.yml');
  const { settings } = draft;
  const externalUrl = settings.external_url ?? environment['TOCSIN_EXTERNAL_URL'] ?? 'http://localhost:9095';
  const config = Object.freeze({ place, settings, files, externalUrl: externalUrl.replace(/\/+$/, '') });
  return { config, issues: [...draft.issues, ...issues] };
}

/** Reads the environment and the config folder; throws one InvalidInput with what is wrong with variables or with `tocsin.yml`. */
export async function readAppConfig(environment: Environment, freshness: string): Promise<AppConfig> {
  const { config, issues } = await readConfigDraft(environment, freshness);
  if (issues.length > 0) throw new InvalidInput(issues);
  return config;
}

function parsePlace(environment: Environment): Place {
  const tableName = environment['TOCSIN_TABLE'];
  if (tableName === undefined) {
    const authFile = environment['TOCSIN_AUTH_FILE'] ?? null;
    return { kind: 'local', storeFolder: environment['TOCSIN_DATA'] ?? '.tocsin', authFile };
  }
  const missing: string[] = [];
  const required = (name: string): string => {
    const value = environment[name] ?? '';
    if (value === '') missing.push(name);
    return value;
  };
  const place: Place = {
    kind: 'aws',
    tableName,
    queueUrls: {
      evaluate: required('TOCSIN_QUEUE_EVALUATE'),
      dispatch: required('TOCSIN_QUEUE_DISPATCH'),
      flush: required('TOCSIN_QUEUE_FLUSH'),
      notify: required('TOCSIN_QUEUE_NOTIFY'),
    } satisfies Record<(typeof QUEUES)[number], string>,
    authParameter: required('TOCSIN_AUTH_PARAMETER'),
  };
  if (missing.length === 0) return place;
  throw new InvalidInput(
    missing.map((name) => ({
      code: 'missing-variable',
      file: null,
      line: null,
      column: null,
      path: name,
      span: null,
      message: 'must be set when TOCSIN_TABLE is',
      hint: 'serverless.yml sets it',
    })),
  );
}
