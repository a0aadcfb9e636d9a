/**
 * How many attempts at one destination this process makes at once. A receiver that hangs would else take all there is, and those beside
 * it would wait for its time limit. A function of its own for each message never meets a limit here.
 */
export interface DeliveryLanes {
  /** Whether an attempt may begin; it counts until `untilMs` unless it leaves before. */
  enter(destination: string, untilMs: number, nowMs: number): boolean;
  /** `isSilent`: nothing was answered in time. The next attempts are made one by one, until one is answered. */
  leave(destination: string, untilMs: number, isSilent: boolean): void;
}

const MAX_ATTEMPTS = 4;
const MAX_ATTEMPTS_WHILE_SILENT = 1;

interface Lane {
  /** Ends of the attempts that are under way. */
  untilMs: readonly number[];
  isSilent: boolean;
}

export function createDeliveryLanes(): DeliveryLanes {
  const lanes = new Map<string, Lane>();
  return {
    enter(destination, untilMs, nowMs) {
      const lane = lanes.get(destination) ?? { untilMs: [], isSilent: false };
      lanes.set(destination, lane);
      const underWay = lane.untilMs.filter((endMs) => endMs > nowMs);
      const hasRoom = underWay.length < (lane.isSilent ? MAX_ATTEMPTS_WHILE_SILENT : MAX_ATTEMPTS);
      lane.untilMs = hasRoom ? [...underWay, untilMs] : underWay;
      return hasRoom;
    },
    leave(destination, untilMs, isSilent) {
      const lane = lanes.get(destination);
      if (lane === undefined) return;
      const ended = lane.untilMs.indexOf(untilMs);
      lane.untilMs = lane.untilMs.filter((_, index) => index !== ended);
      lane.isSilent = isSilent;
      if (lane.untilMs.length === 0 && !isSilent) lanes.delete(destination);
    },
  };
}
