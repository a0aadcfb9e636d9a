/** How much is worked on at once. What is more waits in its order: a function of its own would take it on in the cloud. */
export interface WorkLimits {
  /** Requests of one function at a time. */
  readonly maxRequests: number;
  /** Of their bodies together; one larger body is worked on alone. */
  readonly maxBytes: number;
}

/** Resolves when there is room for a body of this size at a function; call what it gives when the work is done. */
export type EnterWork = (functionName: string, sizeBytes: number) => Promise<() => void>;

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

  function startNext(desk: Desk): void {
    for (let next = desk.waiting[0]; next !== undefined; next = desk.waiting[0]) {
      const hasRoom = desk.requests < maxRequests && desk.sizeBytes + next.sizeBytes <= maxBytes;
      if (!hasRoom && desk.requests > 0) return;
      desk.waiting.shift();
      desk.requests += 1;
      desk.sizeBytes += next.sizeBytes;
      next.start();
    }
  }

  return (functionName, sizeBytes) => {
    const desk = desks.get(functionName) ?? { requests: 0, sizeBytes: 0, waiting: [] };
    desks.set(functionName, desk);
    const leave = (): void => {
      desk.requests -= 1;
      desk.sizeBytes -= sizeBytes;
      // In a turn of its own, so that others are heard between two pieces of work.
      setImmediate(() => startNext(desk));
    };
    return new Promise((resolve) => {
      desk.waiting.push({ sizeBytes, start: () => resolve(leave) });
      startNext(desk);
    });
  };
}
