import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseMatchers } from '../../lib/alerts/matcher-text.ts';
import {
  changeSilence,
  endSilence,
  isSilenced,
  type PostedSilence,
  type Silence,
  silencedBy,
  silenceState,
} from '../../lib/alerts/silence.ts';
import { labelsOf } from '../../lib/model/labels.ts';
import { createMatcher, type Matcher } from '../../lib/model/matcher.ts';

function matchers(text: string): readonly Matcher[] {
  const parsed = parseMatchers(text);
  if ('error' in parsed) throw new Error(parsed.error);
  return parsed;
}

const POSTED: PostedSilence = {
  id: null,
  matchers: matchers('a=1, b=~"2|3"'),
  startsAtMs: null,
  endsAtMs: 90_000,
  createdBy: 'me',
  comment: '',
  annotations: {},
};
const NOW_MS = 50_000;
const clerk = { nowMs: NOW_MS, newId: 'new', nameMode: 'utf8' as const };
const stored = (over: Partial<Silence>): Silence => ({
  ...POSTED,
  id: 'old',
  startsAtMs: 10_000,
  updatedAtMs: 0,
  ...over,
});

test('a silence is pending, active in its half-open time, then expired', () => {
  const silence = stored({ startsAtMs: 10, endsAtMs: 20 });
  assert.deepEqual(
    [9, 10, 19, 20].map((atMs) => silenceState(silence, atMs)),
    ['pending', 'active', 'active', 'expired'],
  );
});

test('what cannot be taken is refused in the words of Alertmanager', () => {
  const empty = createMatcher('', '=', 'x');
  assert.ok('matches' in empty);
  const rows: readonly [Partial<PostedSilence>, string][] = [
    [{ startsAtMs: 90_000 }, 'Failed to create silence: start time must be before end time'],
    [{ startsAtMs: 1, endsAtMs: 49_999 }, "Failed to create silence: end time can't be in the past"],
    [
      { matchers: [...POSTED.matchers, empty] },
      'invalid silence: invalid label matcher 2 in set 0: invalid label name ""',
    ],
    [
      { matchers: matchers('a=""') },
      'invalid silence: matcher set 0: at least one matcher must not match the empty string',
    ],
    [
      { matchers: matchers('a=~".*"') },
      'invalid silence: matcher set 0: at least one matcher must not match the empty string',
    ],
    // Bytes that are no UTF-8 come in as characters of three bytes each.
    [{ comment: '\ufffd'.repeat(150_000) }, 'silence exceeded maximum size: 450144 bytes (limit: 300000 bytes)'],
    [{ matchers: [] }, 'invalid silence: matcher set 0: at least one matcher must not match the empty string'],
  ];
  for (const [over, message] of rows) {
    assert.deepEqual(changeSilence({ ...POSTED, ...over }, null, clerk), { kind: 'refused', message });
  }
  const greek = changeSilence({ ...POSTED, matchers: matchers('Σ=1') }, null, { ...clerk, nameMode: 'classic' });
  assert.deepEqual(greek, {
    kind: 'refused',
    message: 'invalid silence: invalid label matcher 0 in set 0: invalid label name "Σ"',
  });
  const negative = changeSilence({ ...POSTED, matchers: matchers('a!=b') }, null, clerk);
  assert.equal(negative.kind, 'accepted', 'a lone negative matcher is enough');
  assert.deepEqual(changeSilence({ ...POSTED, id: 'gone' }, null, clerk), { kind: 'unknown' });
});

test('a change happens in place where it rewrites nothing, else a new silence takes over', () => {
  const active = stored({});
  const pending = stored({ startsAtMs: 60_000 });
  const expired = stored({ endsAtMs: 40_000 });
  const reordered = matchers('b=~"2|3", a=1');
  type Outcome = readonly [id: string, startsAtMs: number, ended: readonly [number, number] | null];
  const rows: readonly [name: string, Silence, Partial<PostedSilence>, Outcome][] = [
    ['active, same start', active, { startsAtMs: 10_000, endsAtMs: 70_000 }, ['old', 10_000, null]],
    ['active, same second', active, { startsAtMs: 10_999 }, ['old', 10_999, null]],
    ['active, other start', active, { startsAtMs: 11_000 }, ['new', 50_000, [10_000, 50_000]]],
    ['active, no start', active, {}, ['new', 50_000, [10_000, 50_000]]],
    [
      'active, other matchers',
      active,
      { startsAtMs: 10_000, matchers: matchers('a=2') },
      ['new', 50_000, [10_000, 50_000]],
    ],
    ['active, other order', active, { startsAtMs: 10_000, matchers: reordered }, ['new', 50_000, [10_000, 50_000]]],
    ['pending, later start', pending, { startsAtMs: 70_000 }, ['old', 70_000, null]],
    ['pending, start in the past', pending, { startsAtMs: 40_000 }, ['new', 50_000, [50_000, 50_000]]],
    ['expired', expired, { startsAtMs: 10_000 }, ['new', 50_000, null]],
    ['new, start in the past', active, { id: null, startsAtMs: 1 }, ['new', 50_000, null]],
  ];
  for (const [name, current, over, expected] of rows) {
    const posted = { ...POSTED, id: 'old', ...over };
    const change = changeSilence(posted, posted.id === null ? null : current, clerk);
    assert.ok(change.kind === 'accepted', name);
    const { silence, ended } = change;
    const end = ended === null ? null : [ended.startsAtMs, ended.endsAtMs];
    assert.deepEqual([silence.id, silence.startsAtMs, end], expected, name);
    assert.equal(silence.updatedAtMs, NOW_MS, name);
  }
});

test('an ended silence silences nothing from that instant on', () => {
  assert.equal(endSilence(stored({ endsAtMs: NOW_MS }), NOW_MS), null);
  for (const silence of [stored({}), stored({ startsAtMs: 60_000 })]) {
    const ended = endSilence(silence, NOW_MS);
    assert.ok(ended !== null);
    assert.equal(silenceState(ended, NOW_MS), 'expired');
    assert.ok(ended.startsAtMs <= ended.endsAtMs);
  }
});

test('all active silences that match hold an alert back', () => {
  const silences = [
    stored({ id: 'both' }),
    stored({ id: 'one', matchers: matchers('a=1') }),
    stored({ id: 'other', matchers: matchers('a=2') }),
    stored({ id: 'later', startsAtMs: 60_000 }),
    stored({ id: 'absent', matchers: matchers('c=""') }),
  ];
  const labels = labelsOf({ a: '1', b: '3' });
  assert.deepEqual(silencedBy(labels, silences, NOW_MS), ['both', 'one', 'absent']);
  assert.equal(isSilenced(labels, silences, NOW_MS), true);
  assert.equal(isSilenced(labelsOf({ a: '3', c: '1' }), silences, NOW_MS), false);
});
