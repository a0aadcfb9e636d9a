import type { Issue } from '../model/issue.ts';
import type { WrittenGroup, WrittenRule } from './written-rules.ts';
import { type Located, YamlReader } from './yaml-reader.ts';

/** The names by which Prometheus' messages call the parts of a rule file. */
const typeNames = { file: 'rulefmt.RuleGroups', group: 'rulefmt.RuleGroup', rule: 'rulefmt.Rule' } as const;
const fileFields = ['groups'];
const groupFields = ['name', 'interval', 'query_offset', 'limit', 'labels', 'rules'];
const ruleFields = ['record', 'alert', 'expr', 'for', 'keep_firing_for', 'labels', 'annotations'];

/** Groups as the text has them. Parts that could not be read are left out or null, each with its issue. */
export interface ReadRules {
  readonly groups: readonly WrittenGroup[];
  readonly issues: readonly Issue[];
  readonly notices: readonly Issue[];
}

/** Reads a Prometheus rule file in YAML or JSON: shapes and types only, strictly; `checkGroups` judges the content. */
export function readRuleYaml(file: string, text: string): ReadRules {
  const reader = new YamlReader(file, text);
  const top = reader.root === null ? null : reader.fields(reader.root, typeNames.file, fileFields);
  const groups = reader.list(top?.get('groups'), `[]${typeNames.group}`).flatMap((at) => readGroup(reader, at) ?? []);
  return { groups, issues: reader.issues, notices: reader.notices };
}

function readGroup(reader: YamlReader, at: Located): WrittenGroup | null {
  const fields = reader.fields(at, typeNames.group, groupFields);
  if (fields === null) return null;
  return {
    path: at.path,
    place: reader.place(at),
    name: reader.text(fields.get('name')),
    intervalMs: reader.lengthMs(fields.get('interval')),
    queryOffsetMs: reader.lengthMs(fields.get('query_offset')),
    limit: reader.integer(fields.get('limit')) ?? 0,
    labels: reader.pairs(fields.get('labels')),
    rules: reader.list(fields.get('rules'), `[]${typeNames.rule}`).flatMap((rule) => readRule(reader, rule) ?? []),
  };
}

function readRule(reader: YamlReader, at: Located): WrittenRule | null {
  const fields = reader.fields(at, typeNames.rule, ruleFields);
  if (fields === null) return null;
  return {
    path: at.path,
    place: reader.place(at),
    record: reader.text(fields.get('record')),
    alert: reader.text(fields.get('alert')),
    expr: reader.text(fields.get('expr')),
    forMs: reader.lengthMs(fields.get('for')),
    keepFiringForMs: reader.lengthMs(fields.get('keep_firing_for')),
    labels: reader.pairs(fields.get('labels')),
    annotations: reader.pairs(fields.get('annotations')),
  };
}
