import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseScript } from './script.ts';
import { parseStartLine } from './start-line.ts';

test('start timestamps are told from the time of each sample', () => {
  const lines: readonly (readonly [text: string, offsets: string])[] = [
    ['x@st -1m _ 0 +1ms', '-60000 _ 0 1'],
    ['x{a="b"}@st _x2 -1m30s', '_ _ -90000'],
    ['x@st -30sx1 -30s-1mx2', '-30000 -30000 -30000 -90000 -150000'],
    ['{"quoted name", a="@st 1"}@st 5s+5sx1', '5000 10000'],
  ];
  for (const [text, offsets] of lines) {
    assert.equal(
      parseStartLine(text)
        ?.offsetsMs.map((offset) => offset ?? '_')
        .join(' '),
      offsets,
      text,
    );
  }
  assert.equal(parseStartLine('x 1 2 3'), null);
  assert.throws(() => parseStartLine('x@st 5'), /^Error: bad start timestamp "5"$/);
});

const refusals: readonly (readonly [name: string, block: string, message: RegExp])[] = [
  ['stands alone', 'x@st -1m', /^Error: line 2: @st line has no following sample line$/],
  ['is followed by its like', 'x@st -1m\nx@st -1m\nx 1', /^Error: line 3: @st line has no following sample line$/],
  [
    'is of another series',
    'x@st -1m\ny 1',
    /^Error: line 3: @st metric does not match the following sample line metric$/,
  ],
  ['is too short', 'x@st -1m\nx 1 2', /^Error: line 3: @st line has 1 values but sample line has 2$/],
];

for (const [name, block, message] of refusals) {
  test(`a line of start timestamps that ${name} is refused`, () => {
    assert.throws(() => parseScript(`load 1m\n${block}\n`), message);
  });
}
