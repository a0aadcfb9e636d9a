import type { Logger } from '../ports.ts';

const ranks = { debug: 0, info: 1, warn: 2, error: 3 } as const;

/** Logger that writes one JSON object a line: `time`, `level`, `message`, then the fields. */
export function createJsonLog(
  least: keyof typeof ranks,
  nowMs: () => number,
  write: (line: string) => void = (line) => void process.stderr.write(line),
): Logger {
  return {
    log(level, message, fields) {
      if (ranks[level] < ranks[least]) return;
      write(`${JSON.stringify({ time: new Date(nowMs()).toISOString(), level, message, ...fields })}\n`);
    },
  };
}
