/**
 * Takes reports of alerts: each becomes, or changes, one stored alert, which joins the groups of the routes that take it. Repeatable:
 * reports are merged by the instant they were received at, which the message carries, and joining again changes nothing. Alerts that
 * are to join groups are noted first, so that the sweep can finish what a crash interrupts.
 */
import {
  type AlertRecord,
  alertId,
  mergeReports,
  type NameMode,
  refuseAlert,
  stampAlert,
} from '../alerts/alert-record.ts';
import type { PostedAlert } from '../model/alert.ts';
import { createAlertStore, type StoredAlert } from '../store/alerts.ts';
import { inParallel } from '../store/in-parallel.ts';
import { createGroupJoining, type JoiningLimits, type JoiningPorts } from './group-joining.ts';

export interface DispatchLimits extends JoiningLimits {
  readonly nameMode: NameMode;
}

export interface DispatchReport {
  /** Distinct alerts that were taken. */
  readonly accepted: number;
  /** Why the others were not, in their order: Alertmanager's messages. */
  readonly refused: readonly string[];
}

export interface DispatchService {
  /** Takes all alerts that are valid and refuses the others. When it returns, what it took is durable and routed. */
  dispatch(
    posted: readonly PostedAlert[],
    times: { readonly receivedAtMs: number; readonly nowMs: number },
  ): Promise<DispatchReport>;
}

const ALERTS_AT_ONCE = 64;
/** Between reports of one alert in one request: a step that numbers of this size keep, and that no clock shows. */
const REPORT_STEP_MS = 1 / 1024;

export function createDispatchService(ports: JoiningPorts, limits: DispatchLimits): DispatchService {
  const alerts = createAlertStore(ports.table);
  const joining = createGroupJoining(ports, limits);
  const { resolveTimeoutMs } = ports.config.global;
  return {
    dispatch: async (posted, { receivedAtMs, nowMs }) => {
      const { admitted, refused } = admit(posted, { receivedAtMs, resolveTimeoutMs, mode: limits.nameMode });
      const merged = (id: string, current: StoredAlert | null): StoredAlert | null => {
        const reports = admitted.get(id) ?? [];
        const after = reports.reduce((known, report) => mergeInto(known, { ...report, id }), current);
        return after === null || (current !== null && isSame(current, after)) ? null : after;
      };
      const before = await alerts.loadStanding([...admitted.keys()], nowMs);
      const newcomers = before.filter(({ id, value }) => {
        const after = merged(id, value) ?? value;
        return after !== null && joining.lacksGroup(after);
      });
      const notes = await alerts.noteUnrouted(
        newcomers.map(({ id }) => id),
        receivedAtMs,
      );
      const after = await inParallel(before, ALERTS_AT_ONCE, (from) =>
        alerts.change(from, nowMs, (current) => merged(from.id, current)),
      );
      await joining.join(after, nowMs);
      await alerts.forgetUnrouted(notes);
      return { accepted: admitted.size, refused };
    },
  };
}

/** The reports that can be taken, by alert, and what is wrong with the others. Of one alert the later in the request is the younger. */
function admit(
  posted: readonly PostedAlert[],
  rules: { readonly receivedAtMs: number; readonly resolveTimeoutMs: number; readonly mode: NameMode },
): { readonly admitted: ReadonlyMap<string, readonly AlertRecord[]>; readonly refused: readonly string[] } {
  const admitted = new Map<string, AlertRecord[]>();
  const refused: string[] = [];
  for (const each of posted) {
    const report = stampAlert(each, rules);
    const message = refuseAlert(report, rules.mode);
    if (message !== null) {
      refused.push(message);
      continue;
    }
    const id = alertId(report.labels);
    const others = admitted.get(id) ?? [];
    admitted.set(id, [...others, { ...report, updatedAtMs: report.updatedAtMs + others.length * REPORT_STEP_MS }]);
  }
  return { admitted, refused };
}

function mergeInto(current: StoredAlert | null, report: AlertRecord & { readonly id: string }): StoredAlert {
  if (current === null) return { ...report, memberOf: [] };
  return { ...mergeReports(current, report), id: current.id, memberOf: current.memberOf };
}

function isSame(a: StoredAlert, b: StoredAlert): boolean {
  return (
    a.updatedAtMs === b.updatedAtMs &&
    a.startsAtMs === b.startsAtMs &&
    a.endsAtMs === b.endsAtMs &&
    a.endsByTimeout === b.endsByTimeout &&
    a.generatorUrl === b.generatorUrl &&
    JSON.stringify(a.annotations) === JSON.stringify(b.annotations)
  );
}
