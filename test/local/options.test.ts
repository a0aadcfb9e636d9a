import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseOptions } from '../../lib/local/options.ts';
import { InvalidInput } from '../../lib/model/issue.ts';

test('flags and their defaults', () => {
  assert.deepEqual(parseOptions([], '/here'), {
    configFolder: '/here/config',
    dataFolder: '/here/.tocsin',
    host: '127.0.0.1',
    port: 9095,
    authFile: null,
  });
  assert.deepEqual(
    parseOptions(['--config', 'c', '--data=/d', '--listen', '0.0.0.0:80', '--auth', 'callers.txt'], '/here'),
    { configFolder: '/here/c', dataFolder: '/d', host: '0.0.0.0', port: 80, authFile: '/here/callers.txt' },
  );
  assert.equal(parseOptions(['--listen', '[::1]:0'], '/here')?.host, '::1');
  assert.equal(parseOptions(['--config', 'x', '--help'], '/here'), null);
});

test('every mistake of a command line is named', () => {
  const cases: [args: string[], messages: string[]][] = [
    [
      ['--confg', 'c'],
      ['--confg: unknown flag', 'c: unknown flag'],
    ],
    [['--config'], ['--config: needs a value']],
    [['--config', '--data', 'd'], ['--config: needs a value']],
    [['--data=a', '--data=b'], ['--data: is given twice']],
    [['--listen', '9095'], ['--listen: "9095" is not HOST:PORT; like 127.0.0.1:9095']],
    [['--listen', 'localhost:99999'], ['--listen: "localhost:99999" is not HOST:PORT; like 127.0.0.1:9095']],
    [['--listen', ':9095'], ['--listen: would let in everyone who reaches ":9095"']],
    [['--listen', '192.168.0.7:9095'], ['--listen: would let in everyone who reaches "192.168.0.7:9095"']],
  ];
  for (const [args, messages] of cases) {
    assert.throws(
      () => parseOptions(args, '/here'),
      (error: unknown) => {
        assert.ok(error instanceof InvalidInput);
        for (const message of messages)
          assert.ok(error.message.includes(message), `${error.message}\nlacks ${message}`);
        return true;
      },
      args.join(' '),
    );
  }
});
