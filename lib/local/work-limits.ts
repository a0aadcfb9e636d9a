/** How much is worked on at once. What is more waits in its order: a function of its own would take it on in the cloud. */
export interface WorkLimits {
  /** Requests of one function at a time. */
  readonly maxRequests: number;
  /** Of their bodies together; one larger body is worked on alone. */
  readonly maxBytes: number;
}

/** Gives, at once or when there is room for a body of this size at a function, what to call when the work is done. */
export type EnterWork = (functionName: string, sizeBytes: number) => (() => void) | Promise<() => void>;

interface Waiting {
  readonly sizeBytes: number;
  readonly start: () => void;
}

interface Desk {
  requests: number;
  sizeBytes: number;
  readonly waiting: Waiting[];
}

export function createWorkLimits({ maxRequests, maxBytes }: WorkLimits): EnterWork {
  const desks = new Map<string, Desk>();

  const hasRoom = (desk: Desk, sizeBytes: number): boolean =>
    desk.requests === 0 || (desk.requests < maxRequests && desk.sizeBytes + sizeBytes <= maxBytes);
  const begin = (desk: Desk, sizeBytes: number): void => {
    desk.requests += 1;
    desk.sizeBytes += sizeBytes;
  };
  const startNext = (desk: Desk): void => {
    for (let next = desk.waiting[0]; next !== undefined; next = desk.waiting[0]) {
      if (!hasRoom(desk, next.sizeBytes)) return;
      desk.waiting.shift();
      begin(desk, next.sizeBytes);
      next.start();
    }
  };

  return (functionName, sizeBytes) => {
    const desk = desks.get(functionName) ?? { requests: 0, sizeBytes: 0, waiting: [] };
    desks.set(functionName, desk);
    const leave = (): void => {
      desk.requests -= 1;
      desk.sizeBytes -= sizeBytes;
      // In a turn of its own, so that others are heard between two pieces of work.
      if (desk.waiting.length > 0) setImmediate(() => startNext(desk));
    };
    if (desk.waiting.length > 0 || !hasRoom(desk, sizeBytes)) {
      return new Promise((resolve) => desk.waiting.push({ sizeBytes, start: () => resolve(leave) }));
    }
    begin(desk, sizeBytes);
    return leave;
  };
}
