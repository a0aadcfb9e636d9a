import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { PostedAlert } from '../../lib/model/alert.ts';
import { type LabelPair, labelsFromPairs } from '../../lib/model/labels.ts';
import { MAX_MESSAGE_BYTES } from '../../lib/ports.ts';
import {
  decodeDispatch,
  decodeEvaluate,
  decodeFlush,
  decodeNotify,
  encodeDispatches,
  encodeEvaluate,
  encodeFlush,
  encodeNotify,
} from '../../lib/services/messages.ts';

const names = fc.oneof(fc.string({ minLength: 1, unit: 'grapheme' }), fc.constantFrom('__proto__', 'constructor', '1'));
const pairs = fc.uniqueArray(fc.tuple(names, fc.string({ unit: 'grapheme' })), { selector: ([name]) => name });
const instant = fc.option(fc.integer({ min: -1, max: 4e12 }));
const alerts: fc.Arbitrary<PostedAlert> = fc
  .record({ labels: pairs, annotations: pairs, startsAtMs: instant, endsAtMs: instant, generatorUrl: fc.string() })
  .map(({ labels, annotations, ...rest }) => ({
    ...rest,
    labels: labelsFromPairs(labels),
    annotations: sorted(annotations),
  }));

function sorted(list: readonly LabelPair[]): readonly LabelPair[] {
  return list.toSorted(([a], [b]) => (a < b ? -1 : 1));
}

const plain = ({ labels, annotations, ...rest }: PostedAlert): unknown => ({
  ...rest,
  labels: labels.key,
  annotations: sorted(annotations),
});

test('what is decoded is what was encoded', () => {
  fc.assert(
    fc.property(fc.array(alerts, { maxLength: 5 }), (list) => {
      const messages = encodeDispatches({ receivedAtMs: 5, alerts: list }).map(decodeDispatch);
      assert.deepEqual(
        messages.flatMap((message) => message.alerts.map(plain)),
        list.map(plain),
      );
      assert.ok(messages.every((message) => message.receivedAtMs === 5));
    }),
  );
  const evaluate = { kind: 'evaluate', file: 'rules/a.yml', group: 'g', evalAtMs: 7 } as const;
  const flush = { kind: 'flush', groupId: 'g', dueAtMs: 7 } as const;
  const notify = { kind: 'notify', pk: 'I#g', sk: '7#webhook/0' } as const;
  assert.deepEqual(decodeEvaluate(encodeEvaluate(evaluate)), evaluate);
  assert.deepEqual(decodeFlush(encodeFlush(flush)), flush);
  assert.deepEqual(decodeNotify(encodeNotify(notify)), notify);
});

test('many alerts become few messages, each within the limit of the queue', () => {
  const alert = (n: number): PostedAlert => ({
    labels: labelsFromPairs([['instance', `node-${n}`]]),
    annotations: [['summary', 'ü'.repeat(400)]],
    startsAtMs: null,
    endsAtMs: null,
    generatorUrl: '',
  });
  const list = Array.from({ length: 2_000 }, (_, n) => alert(n));
  const bodies = encodeDispatches({ receivedAtMs: 5, alerts: list });
  const sizes = bodies.map((body) => Buffer.byteLength(body));
  assert.ok(sizes.every((size) => size <= MAX_MESSAGE_BYTES));
  assert.ok(sizes.slice(0, -1).every((size) => size > MAX_MESSAGE_BYTES * 0.9));
  assert.deepEqual(
    bodies.flatMap((body) => decodeDispatch(body).alerts.map(plain)),
    list.map(plain),
  );
  assert.deepEqual(encodeDispatches({ receivedAtMs: 5, alerts: [] }), []);
  const huge = { ...alert(0), generatorUrl: 'x'.repeat(MAX_MESSAGE_BYTES) };
  assert.throws(() => encodeDispatches({ receivedAtMs: 5, alerts: [huge] }), /does not fit into a message/);
});

test('what is none of ours is refused', () => {
  const rows: readonly [(body: string) => unknown, string][] = [
    [decodeFlush, 'not json'],
    [decodeFlush, 'null'],
    [decodeFlush, '{"kind":"notify","pk":"a","sk":"b"}'],
    [decodeFlush, '{"kind":"flush","groupId":7,"dueAtMs":1}'],
    [decodeNotify, '{"kind":"notify","pk":"a"}'],
    [decodeDispatch, '{"kind":"dispatch","receivedAtMs":1,"alerts":[{"labels":{"a":1}}]}'],
    [decodeDispatch, '{"kind":"dispatch","receivedAtMs":1,"alerts":[{"labels":["a"]}]}'],
    [decodeEvaluate, '{"kind":"evaluate","file":"a","group":"b","evalAtMs":"now"}'],
  ];
  for (const [decode, body] of rows) assert.throws(() => decode(body), /not a message of this queue|JSON/, body);
});
