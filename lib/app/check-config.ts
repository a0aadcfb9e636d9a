import { InvalidInput, type Issue, printIssue } from '../model/issue.ts';
import type { Logger } from '../ports.ts';
import { type AppConfig, type Environment, readConfigDraft } from './config.ts';
import { configWarnings } from './config-warnings.ts';
import { brokenInlineTemplates } from './inline-templates.ts';
import { readTemplates } from './notification-templates.ts';
import { readRouting } from './routing.ts';
import { readRules } from './rules.ts';

/** Reads a configuration and checks everything it holds; throws one InvalidInput with the mistakes of all files. */
export async function readCheckedConfig(
  environment: Environment,
  freshness: string,
): Promise<{ readonly config: AppConfig; readonly warnings: readonly Issue[] }> {
  const { config, issues } = await readConfigDraft(environment, freshness);
  try {
    const warnings = checkConfig(config);
    if (issues.length === 0) return { config, warnings };
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error;
    throw new InvalidInput([...issues, ...error.issues]);
  }
  throw new InvalidInput(issues);
}

/**
 * Checks everything a configuration holds; throws one InvalidInput with the mistakes of all files. Gives what is allowed and
 * probably not meant.
 */
export function checkConfig(config: AppConfig): readonly Issue[] {
  const issues: Issue[] = [];
  const warnings: Issue[] = [];
  const checks = [
    () => warnings.push(...readRules(config).notices),
    () => {
      const routing = readRouting(config);
      warnings.push(...configWarnings(config, routing));
      readTemplates(config, routing);
    },
    () => {
      const broken = brokenInlineTemplates(config);
      if (broken.length > 0) throw new InvalidInput(broken);
    },
  ];
  for (const check of checks) {
    try {
      check();
    } catch (error) {
      if (!(error instanceof InvalidInput)) throw error;
      issues.push(...error.issues);
    }
  }
  if (issues.length > 0) throw new InvalidInput(issues);
  return warnings;
}

/** A line in the log for each. */
export function logWarnings(log: Logger, warnings: readonly Issue[]): void {
  for (const warning of warnings) log.log('warn', 'configuration', { warning: printIssue(warning) });
}
