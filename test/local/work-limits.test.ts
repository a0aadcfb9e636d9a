import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { createWorkLimits, type EnterWork } from '../../lib/local/work-limits.ts';

/** Notes who has begun, and ends by name. */
function workers(enter: EnterWork) {
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  return {
    begun,
    begin: (name: string, sizeBytes: number, functionName = 'ingest'): void => {
      void Promise.resolve(enter(functionName, sizeBytes)).then((leave) => {
        begun.push(name);
        ends.set(name, leave);
      });
    },
    end: async (name: string): Promise<void> => {
      ends.get(name)?.();
      await turn();
      await turn();
    },
  };
}

test('so many begin at once; the others in their order, as room is made', async () => {
  const { begin, begun, end } = workers(createWorkLimits({ maxRequests: 2, maxBytes: 1_000 }));
  for (const name of ['a', 'b', 'c', 'd']) begin(name, 1);
  await turn();
  assert.deepEqual(begun, ['a', 'b']);
  await end('b');
  assert.deepEqual(begun, ['a', 'b', 'c']);
  await end('a');
  await end('c');
  assert.deepEqual(begun, ['a', 'b', 'c', 'd']);
});

test('large bodies are worked on one by one, and nobody overtakes', async () => {
  const { begin, begun, end } = workers(createWorkLimits({ maxRequests: 9, maxBytes: 100 }));
  begin('small', 60);
  begin('huge', 5_000);
  begin('tiny', 1);
  await turn();
  assert.deepEqual(begun, ['small']);
  await end('small');
  assert.deepEqual(begun, ['small', 'huge']);
  await end('huge');
  assert.deepEqual(begun, ['small', 'huge', 'tiny']);
});

test('functions do not wait for each other', async () => {
  const { begin, begun } = workers(createWorkLimits({ maxRequests: 1, maxBytes: 100 }));
  begin('write', 1, 'ingest');
  begin('write again', 1, 'ingest');
  begin('live', 0, 'health');
  await turn();
  assert.deepEqual(begun, ['write', 'live']);
});
