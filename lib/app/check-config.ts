import { InvalidInput, type Issue } from '../model/issue.ts';
import type { AppConfig } from './config.ts';
import { readTemplates } from './notification-templates.ts';
import { readRouting } from './routing.ts';
import { readRules } from './rules.ts';

/** Checks everything a configuration holds; throws one InvalidInput with the mistakes of all files. */
export function checkConfig(config: AppConfig): void {
  const issues: Issue[] = [];
  const checks = [() => readRules(config), () => readTemplates(config, readRouting(config))];
  for (const check of checks) {
    try {
      check();
    } catch (error) {
      if (!(error instanceof InvalidInput)) throw error;
      issues.push(...error.issues);
    }
  }
  if (issues.length > 0) throw new InvalidInput(issues);
}
