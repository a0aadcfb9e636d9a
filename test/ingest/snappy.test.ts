import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { snappyCompress } from 'hysnappy';
import { inflateSnappy } from '../../lib/ingest/snappy.ts';
import { InvalidInput } from '../../lib/model/issue.ts';

const MAX_BYTES = 1_000_000;
const inflate = (...bytes: readonly number[]): string =>
  Buffer.from(inflateSnappy(Uint8Array.from(bytes), MAX_BYTES)).toString('latin1');
const bytesOf = (text: string): readonly number[] => [...Buffer.from(text, 'latin1')];

test('what was compressed comes back', () => {
  const runs = fc.array(fc.tuple(fc.uint8Array({ maxLength: 12 }), fc.integer({ min: 1, max: 400 })), {
    maxLength: 12,
  });
  fc.assert(
    fc.property(runs, (repeated) => {
      const bytes = Uint8Array.from(
        repeated.flatMap(([run, times]) => Array.from({ length: times }, () => [...run]).flat()),
      );
      assert.deepEqual(inflateSnappy(snappyCompress(bytes), MAX_BYTES), bytes);
    }),
  );
});

test('bytes that nobody compressed are refused or inflate to their declared length, and never more', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(300), (elements, declared) => {
      const body = Uint8Array.from([(declared & 0x7f) | 0x80, declared >> 7, ...elements]);
      try {
        assert.equal(inflateSnappy(body, MAX_BYTES).length, declared);
      } catch (error) {
        assert.ok(error instanceof InvalidInput);
      }
    }),
    { numRuns: 2_000 },
  );
});

describe('elements', () => {
  const literal = (text: string): readonly number[] => [(text.length - 1) << 2, ...bytesOf(text)];
  const rows: readonly (readonly [string, readonly number[], string])[] = [
    ['nothing', [0], ''],
    ['a literal', [5, ...literal('abcde')], 'abcde'],
    ['a literal whose length has one byte', [5, 60 << 2, 4, ...bytesOf('abcde')], 'abcde'],
    ['a literal whose length has four bytes', [5, 63 << 2, 4, 0, 0, 0, ...bytesOf('abcde')], 'abcde'],
    ['a near copy', [9, ...literal('abcde'), 0b000_000_01, 5], 'abcdeabcd'],
    ['a far copy', [7, ...literal('abcde'), ((2 - 1) << 2) | 2, 5, 0], 'abcdeab'],
    ['a copy with a distance of four bytes', [7, ...literal('abcde'), ((2 - 1) << 2) | 3, 5, 0, 0, 0], 'abcdeab'],
    ['a copy that repeats itself', [8, ...literal('ab'), ((6 - 1) << 2) | 2, 1, 0], 'abbbbbbb'],
    ['a copy that repeats five bytes', [15, ...literal('abcde'), ((10 - 1) << 2) | 2, 5, 0], 'abcdeabcdeabcde'],
  ];
  for (const [name, body, text] of rows) test(name, () => assert.equal(inflate(...body), text));

  const corrupt: readonly (readonly [string, readonly number[]])[] = [
    ['no length', []],
    ['a length without end', [0x80, 0x80]],
    ['fewer bytes than declared', [6, ...literal('abcde')]],
    ['more bytes than declared', [4, ...literal('abcde')]],
    ['a literal that ends early', [5, 4 << 2, ...bytesOf('abc')]],
    ['a copy from before the beginning', [9, ...literal('abcde'), 0b000_000_01, 6]],
    ['a copy from nowhere', [9, ...literal('abcde'), 0b000_000_01, 0]],
    ['a copy without its distance', [9, ...literal('abcde'), 0b000_000_01]],
    ['a length that no such body can have', [0xff, 0xff, 0x0f, ...literal('abcde')]],
  ];
  for (const [name, body] of corrupt)
    test(`corrupt: ${name}`, () => assert.throws(() => inflate(...body), /corrupt input/));

  test('too large is said before memory is set aside', () => {
    assert.throws(
      () => inflate(0xff, 0xff, 0xff, 0xff, 0x0f),
      /declares 4294967295 bytes after decompression, limit 1000000/,
    );
  });
});
