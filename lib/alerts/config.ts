/**
 * `alertmanager.yml` as Alertmanager 0.33 reads it, in one pass that reports everything wrong at once.
 *
 * config-yaml.ts makes places of the text; config-fields.ts, config-values.ts and config-mapping.ts read kinds of values;
 * config-global.ts, config-routes.ts, config-inhibit.ts, config-receivers*.ts, config-http.ts and config-time-intervals.ts are the
 * sections; config-inherit.ts fills receivers from `global`; config-render.ts prints the effective configuration.
 * No file is read here: properties that end in `File`, and `templates`, are paths, which the application resolves.
 */
import { goQuote } from '../model/go-text.ts';
import { InvalidInput, type Issue } from '../model/issue.ts';
import { labelsFromPairs } from '../model/labels.ts';
import { always, texts } from './config-fields.ts';
import { type GlobalSettings, globalField } from './config-global.ts';
import { inheritSettings } from './config-inherit.ts';
import { type InhibitRule, inhibitRules, resolveInhibitRule } from './config-inhibit.ts';
import { type Decoded, mapping } from './config-mapping.ts';
import {
  type Integration,
  integrationKinds,
  type Receiver,
  type ReceiverSettings,
  receivers,
} from './config-receivers.ts';
import { checkRoutes, type RouteSettings, resolveRoutes, rootRoute } from './config-routes.ts';
import { muteTimeIntervals, type NamedTimeInterval, timeIntervals } from './config-time-intervals.ts';
import { free } from './config-values.ts';
import {
  type ConfigSource,
  complain,
  isNull,
  mappingEntries,
  openConfig,
  type Place,
  placeOf,
  warn,
} from './config-yaml.ts';
import type { Route } from './route.ts';
import type { TimeInterval } from './time-interval-spec.ts';

/** The whole configuration, checked, with every default and inheritance applied. */
export interface AlertmanagerConfig {
  readonly file: string | null;
  readonly global: GlobalSettings;
  /** The root of the routing tree. */
  readonly route: Route;
  /** In the order of the file, which is the order of evaluation. */
  readonly inhibitRules: readonly InhibitRule[];
  /** In the order of the file; names are unique. */
  readonly receivers: readonly Receiver[];
  /** Globs as written, relative to the folder of the file. */
  readonly templates: readonly string[];
  /** By name: the interval holds when one of its entries does. */
  readonly timeIntervals: ReadonlyMap<string, readonly TimeInterval[]>;
  /** The sections as the file has them, with defaults and inherited settings: what is printed. */
  readonly sections: ConfigSections;
  /** Allowed, and probably not meant. */
  readonly warnings: readonly Issue[];
}

const sectionFields = {
  global: globalField,
  route: rootRoute,
  inhibitRules,
  receivers,
  templates: always(texts),
  muteTimeIntervals,
  timeIntervals,
  tracing: free,
  eventRecorder: free,
};

/** The sections of the file. */
export type ConfigSections = Decoded<typeof sectionFields>;

/** The document as a table of fields, for config-render.ts. */
export const configField = mapping({ goType: 'config.plain', fields: sectionFields });
const ROUTE_HINT = 'write route: with the name of a default receiver';

/**
 * Reads a configuration. `file` is its name in messages.
 * Throws InvalidInput with every issue: line, column, path, Alertmanager's own message, and what would be right.
 */
export function parseAlertmanagerConfig(text: string, options: { readonly file: string | null }): AlertmanagerConfig {
  const { source, root } = openConfig(text, options.file);
  if (isNull(root)) {
    complain(root, { code: 'missing-route', message: 'no route provided in config', hint: ROUTE_HINT });
    throw new InvalidInput(source.issues);
  }
  const written = configField.decode(root);
  const sections = {
    ...written,
    receivers: written.receivers.map((receiver) => inheritSettings(receiver, written.global, source)),
  };
  checkUnique(written, source);
  const settings = checkRoute(written, root);
  if (settings === null || source.issues.length > 0) throw new InvalidInput(inOrder(source.issues));
  const route = resolveRoutes(settings);
  warnOfIgnored(written, root);
  warnOfIntervals(route, settings, source);
  return {
    file: options.file,
    global: sections.global,
    route,
    inhibitRules: sections.inhibitRules.map(resolveInhibitRule),
    receivers: sections.receivers.map(resolveReceiver),
    templates: sections.templates,
    timeIntervals: new Map(named(sections).map((each) => [each.name, each.timeIntervals])),
    sections,
    warnings: source.warnings,
  };
}

function named(sections: ConfigSections): readonly NamedTimeInterval[] {
  return [...sections.muteTimeIntervals, ...sections.timeIntervals];
}

/** The root route after its checks; null after a complaint that there is none. */
function checkRoute(sections: ConfigSections, root: Place): RouteSettings | null {
  const { route } = sections;
  if (route === null) {
    const isSilent = mappingEntries(root).length > 0 || root.source.issues.length === 0;
    if (isSilent) complain(root, { code: 'missing-route', message: 'no routes provided', hint: ROUTE_HINT });
    return null;
  }
  const known = {
    receivers: new Set(sections.receivers.map((receiver) => receiver.name)),
    timeIntervals: new Set(named(sections).map((each) => each.name)),
  };
  checkRoutes(route, known, root.source);
  return route;
}

function checkUnique(sections: ConfigSections, source: ConfigSource): void {
  complainOfRepeats(sections.receivers, source, (name) => `notification config name ${name} is not unique`);
  complainOfRepeats(sections.muteTimeIntervals, source, (name) => `mute time interval ${name} is not unique`);
  const muteNames = sections.muteTimeIntervals.map((each) => each.name);
  complainOfRepeats(sections.timeIntervals, source, (name) => `time interval ${name} is not unique`, muteNames);
}

function complainOfRepeats(
  items: readonly { readonly name: string }[],
  source: ConfigSource,
  message: (quotedName: string) => string,
  taken: readonly string[] = [],
): void {
  const names = new Set(taken);
  for (const item of items) {
    const place = placeOf(source, item, 'name');
    if (names.has(item.name) && item.name !== '' && place !== null) {
      complain(place, { code: 'not-unique', message: message(goQuote(item.name)) });
    }
    names.add(item.name);
  }
}

function warnOfIgnored(sections: ConfigSections, root: Place): void {
  for (const entry of mappingEntries(root)) {
    const isSet = entry.name === 'tracing' ? sections.tracing !== null : sections.eventRecorder !== null;
    if (!['tracing', 'event_recorder'].includes(entry.name) || !isSet) continue;
    warn(entry.key, { code: 'ignored-section', message: `${entry.name} has no effect here` });
  }
}

function warnOfIntervals(route: Route, settings: RouteSettings, source: ConfigSource): void {
  const place = source.places.get(settings);
  if (place !== undefined && route.repeatIntervalMs < route.groupIntervalMs) {
    const message = 'repeat_interval is less than group_interval: notifications repeat every group_interval';
    warn(place, { code: 'short-repeat-interval', message });
  }
  route.routes.forEach((child, index) => {
    const childSettings = settings.routes[index];
    if (childSettings !== undefined) warnOfIntervals(child, childSettings, source);
  });
}

function resolveReceiver(settings: ReceiverSettings): Receiver {
  const integrations = integrationKinds.flatMap((kind) =>
    // Each list holds the settings of its own kind, which the union cannot express in a loop.
    settings[kind].map((each, index) => ({ kind, index, settings: each }) as Integration),
  );
  return { name: settings.name, labels: labelsFromPairs(settings.labels), integrations };
}

function inOrder(issues: readonly Issue[]): readonly Issue[] {
  return [...issues].sort(
    (a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0) || a.path.length - b.path.length,
  );
}
