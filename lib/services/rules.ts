import type { Table } from '../ports.ts';
import type { RuleGroup } from '../rules/rule-group.ts';
import { type GroupReport, reportGroup } from '../rules/rule-report.ts';
import { inParallel } from '../store/in-parallel.ts';
import { createRuleStateStore } from '../store/rule-state.ts';

export interface RulesDeps {
  readonly table: Table;
  readonly groups: readonly RuleGroup[];
}

/** What rules there are and how they are: the read side of /api/v1/rules and /api/v1/alerts. */
export interface RulesService {
  /** All groups of the configuration, in its order (by file), as their last evaluations left them. */
  list(nowMs: number): Promise<readonly GroupReport[]>;
}

const GROUPS_AT_ONCE = 16;

export function createRulesService({ table, groups }: RulesDeps): RulesService {
  const states = createRuleStateStore({ table });
  return {
    list: (nowMs) =>
      inParallel(groups, GROUPS_AT_ONCE, async (group) => {
        const stored = await states.load(group.file, group.name, nowMs);
        return reportGroup(group, stored?.state ?? null);
      }),
  };
}
