import { InvalidInput, type Issue } from '../model/issue.ts';
import { type CheckedGroups, checkGroups } from './rule-check.ts';
import type { RuleDefaults, RuleGroup } from './rule-group.ts';
import { readRuleYaml } from './rule-yaml.ts';
import { readRuleModule } from './typed-rules.ts';

/** A file's groups with everything there is to say about them. */
export interface RuleFile extends CheckedGroups {
  /** Worth a warning, and no reason to refuse the file. */
  readonly notices: readonly Issue[];
}

/**
 * Reads one Prometheus rule file in YAML or JSON. Never throws: what is wrong is in `issues`, all of it, and then no group is given: a part of a
 * file is not what its author meant.
 */
export function readRuleFile(file: string, text: string, defaults: RuleDefaults): RuleFile {
  const { groups: written, issues, notices } = readRuleYaml(file, text);
  const checked = checkGroups(file, written, defaults);
  const unreadable = new Set(issues.map(({ path }) => path));
  const further = checked.issues.filter(({ path }) => !unreadable.has(path));
  const all = [...issues, ...further];
  return { groups: all.length === 0 ? checked.groups : [], issues: all, notices };
}

/** The rule files of a configuration: texts, and the exports of TypeScript modules, each by path. */
export interface RuleSources {
  readonly texts: ReadonlyMap<string, string>;
  readonly modules: ReadonlyMap<string, Readonly<Record<string, unknown>>>;
}

export interface RuleSet {
  /** By file, then in the order of the file. */
  readonly groups: readonly RuleGroup[];
  readonly notices: readonly Issue[];
}

/**
 * Reads every file and module whose path one of the patterns matches (`*` stands for any characters but a slash). Throws one InvalidInput with all
 * issues of all files.
 */
export function readRuleFiles(sources: RuleSources, patterns: readonly string[], defaults: RuleDefaults): RuleSet {
  const isWanted = matcherOf(patterns);
  const files: RuleFile[] = [];
  const paths = [...sources.texts.keys(), ...sources.modules.keys()].filter(isWanted).sort();
  for (const path of paths) {
    const text = sources.texts.get(path);
    const exported = sources.modules.get(path);
    if (text !== undefined) files.push(readRuleFile(path, text, defaults));
    else if (exported !== undefined) files.push({ ...readRuleModule(path, exported, defaults), notices: [] });
  }
  const issues = files.flatMap((file) => file.issues);
  if (issues.length > 0) throw new InvalidInput(issues);
  return { groups: files.flatMap((file) => file.groups), notices: files.flatMap((file) => file.notices) };
}

function matcherOf(patterns: readonly string[]): (path: string) => boolean {
  const expressions = patterns.map((pattern) => {
    const parts = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
    return new RegExp(`^${parts.join('[^/]*')}$`);
  });
  return (path) => expressions.some((expression) => expression.test(path));
}
