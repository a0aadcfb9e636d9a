/** Requests of Alertmanager's API v2: parameters and bodies to values, in the order in which Alertmanager checks them. */

import { parseMatcher } from '../alerts/matcher-text.ts';
import type { PostedSilence } from '../alerts/silence.ts';
import type { PostedAlert } from '../model/alert.ts';
import { goQuote } from '../model/go-text.ts';
import { compareText, labelsFromPairs } from '../model/labels.ts';
import { createMatcher, type Matcher, type MatchOperator } from '../model/matcher.ts';
import { compileAnchored } from '../model/regex.ts';
import type { AlertQuery } from '../services/alertmanager.ts';
import {
  type JsonPlace,
  parseJsonBody,
  readBool,
  readDateTime,
  readFields,
  readItems,
  readLabels,
  readText,
  required,
  requireItems,
  requireUri,
  requireUuid,
} from './alertmanager-json.ts';
import { unlessZero } from './date-time.ts';

/** Refused by a handler: a bare JSON text, status 400. */
export class HandlerRefusal extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'HandlerRefusal';
  }
}

/** Alerts and matchers in one request. */
const MAX_ALERTS = 50_000;
const MAX_FILTERS = 100;

export function parseAlertsBody(bytes: Uint8Array): readonly PostedAlert[] {
  const body = parseJsonBody(bytes, 'alerts');
  const posted = Array.isArray(body.value) ? body.value.length : 0;
  if (posted > MAX_ALERTS) throw new HandlerRefusal(`${posted} alerts in one request, at most ${MAX_ALERTS}`);
  const items = readItems(body, { field: null, type: 'models.PostableAlerts' });
  const read = items.map(readAlert);
  return read.map(({ place, alert }) => checkAlert(place, alert));
}

interface ReadAlert {
  readonly annotations: readonly (readonly [string, string])[];
  readonly labels: readonly (readonly [string, string])[] | null;
  readonly startsAtMs: number | null;
  readonly endsAtMs: number | null;
  readonly generatorUrl: string;
}

function readAlert(place: JsonPlace): { readonly place: JsonPlace; readonly alert: ReadAlert } {
  const field = readFields(place, { field: null, type: 'models.PostableAlert' });
  const annotations = readLabels(field('annotations'), 'annotations') ?? [];
  const endsAtMs = unlessZero(readDateTime(field('endsAt')));
  const startsAtMs = unlessZero(readDateTime(field('startsAt')));
  const generatorUrl = readText(field('generatorURL'), 'Alert.generatorURL') ?? '';
  const labels = readLabels(field('labels'), 'Alert.labels');
  return { place, alert: { annotations, labels, startsAtMs, endsAtMs, generatorUrl } };
}

function checkAlert(place: JsonPlace, alert: ReadAlert): PostedAlert {
  requireUri(alert.generatorUrl, { ...place, path: `${place.path}.generatorURL` });
  const labels = required(alert.labels, { ...place, path: `${place.path}.labels` });
  return {
    ...alert,
    labels: labelsFromPairs(labels),
    annotations: [...alert.annotations].sort((a, b) => compareText(a[0], b[0])),
  };
}

const operators: Readonly<Record<string, MatchOperator>> = {
  'equal text': '=',
  'unequal text': '!=',
  'equal regex': '=~',
  'unequal regex': '!~',
};

export function parseSilenceBody(bytes: Uint8Array): PostedSilence {
  const body = parseJsonBody(bytes, 'silence');
  const whole = body.value === null ? { ...body, value: {} } : body;
  const field = readFields(whole, { field: null, type: 'models.PostableSilence' });
  const id = readText(field('id'), 'id');
  const annotations = readLabels(field('annotations'), 'annotations') ?? [];
  const comment = readText(field('comment'), 'Silence.comment');
  const createdBy = readText(field('createdBy'), 'Silence.createdBy');
  const endsAtMs = readDateTime(field('endsAt'));
  const startsAtMs = readDateTime(field('startsAt'));
  const matchers = readItems(field('matchers'), { field: 'Silence.matchers', type: 'models.Matchers' }).map(
    readMatcher,
  );
  const isMissing = (name: string): boolean => (field(name).value ?? null) === null;
  required(comment, field('comment'));
  required(createdBy, field('createdBy'));
  const knownEndMs = required(endsAtMs, field('endsAt'));
  if (isMissing('matchers')) required(null, field('matchers'));
  requireItems(matchers, field('matchers'));
  const compiled = matchers.map((matcher) => checkMatcher(matcher));
  required(startsAtMs, field('startsAt'));
  return {
    id: id === '' ? null : id,
    matchers: compiled.map(makeMatcher),
    startsAtMs,
    endsAtMs: knownEndMs,
    createdBy: createdBy ?? '',
    comment: comment ?? '',
    annotations: Object.fromEntries(annotations),
  };
}

interface ReadMatcher {
  readonly place: JsonPlace;
  readonly isEqual: boolean | null;
  readonly isRegex: boolean | null;
  readonly name: string | null;
  readonly value: string | null;
}

function readMatcher(place: JsonPlace): ReadMatcher {
  const field = readFields(place, { field: 'Silence.matchers', type: 'models.Matcher' });
  return {
    place,
    isEqual: readBool(field('isEqual'), `Silence.${place.path}.isEqual`),
    isRegex: readBool(field('isRegex'), `Silence.${place.path}.isRegex`),
    name: readText(field('name'), `Silence.${place.path}.name`),
    value: readText(field('value'), `Silence.${place.path}.value`),
  };
}

function checkMatcher({ place, isEqual, ...matcher }: ReadMatcher) {
  const at = (name: string): JsonPlace => ({ ...place, path: `${place.path}.${name}` });
  return {
    isEqual: isEqual ?? true,
    isRegex: required(matcher.isRegex, at('isRegex')),
    name: required(matcher.name, at('name')),
    value: required(matcher.value, at('value')),
  };
}

function makeMatcher({ isEqual, isRegex, name, value }: ReturnType<typeof checkMatcher>, index: number): Matcher {
  const operator = operators[`${isEqual ? 'equal' : 'unequal'} ${isRegex ? 'regex' : 'text'}`] ?? '=';
  const matcher = createMatcher(name, operator, value);
  if (!('error' in matcher)) return matcher;
  throw new HandlerRefusal(
    `invalid silence: invalid label matcher ${index} in set 0: invalid regular expression ${goQuote(value)}: ${matcher.error}`,
  );
}

export function parseAlertQuery(parameters: URLSearchParams): AlertQuery {
  const filter = parseMatchers(parameters, 'filter', '');
  const receiver = parameters.get('receiver') ?? '';
  return {
    filter,
    receiver: receiver === '' ? null : parseReceiver(receiver),
    receiverMatchers: parseMatchers(parameters, 'receiver_matchers', 'failed to parse receiver_matchers param: '),
    active: parseFlag(parameters, 'active'),
    silenced: parseFlag(parameters, 'silenced'),
    inhibited: parseFlag(parameters, 'inhibited'),
  };
}

/** Matchers of a parameter that may be given several times; `prefix` goes before the message. */
export function parseMatchers(parameters: URLSearchParams, name: string, prefix: string): readonly Matcher[] {
  const texts = parameters.getAll(name);
  if (texts.length > MAX_FILTERS) throw new HandlerRefusal(`${prefix}${texts.length} matchers, at most ${MAX_FILTERS}`);
  return texts.map((text) => {
    const matcher = parseMatcher(text);
    if ('error' in matcher) throw new HandlerRefusal(`${prefix}${matcher.error}`);
    return matcher;
  });
}

function parseReceiver(expression: string) {
  const regex = compileAnchored(expression);
  if (!('error' in regex)) return regex;
  // The message shows the expression as Alertmanager anchors it.
  const anchored = compileAnchored(`^(?:${expression})$`);
  throw new HandlerRefusal(`failed to parse receiver param: ${'error' in anchored ? anchored.error : regex.error}`);
}

const trueWords = new Set('true 1 yes ok y on selected checked t enabled'.split(' '));

/** A flag that is on when it is missing; any other word than those for true is off. */
export function parseFlag(parameters: URLSearchParams, name: string): boolean {
  const word = parameters.get(name) ?? '';
  return word === '' || trueWords.has(word.toLowerCase());
}

/** The id at the end of `/silence/ID`; 422 when it is no UUID. */
export function parseSilenceId(text: string): string {
  requireUuid(text, 'silenceID', 'path');
  return text;
}
