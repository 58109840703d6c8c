// memjs: the binary protocol, and a login.
'use strict';
const assert = require('node:assert');
let memjs;
try {
  memjs = require('memjs');
} catch (error) {
  console.error(error.message);
  process.exit(77);
}

function check(what, expected, actual) {
  try {
    assert.deepStrictEqual(actual, expected);
    console.log(`ok ${what}`);
  } catch {
    console.log(`FAIL ${what}: ${String(actual).slice(0, 200)} and not ${String(expected).slice(0, 200)}`);
  }
}

async function main() {
  const [port, username, password] = process.argv.slice(2);
  const client = memjs.Client.create(`127.0.0.1:${port}`, username ? { username, password } : {});
  const text = async (key) => {
    const { value } = await client.get(key);
    return value === null ? null : value.toString();
  };
  check('set', true, await client.set('a', 'text', {}));
  check('get', 'text', await text('a'));
  check('a miss', null, await text('missing'));
  check('add', [false, true], [await client.add('a', '2', {}), await client.add('b', '2', {})]);
  check('replace', [true, false], [await client.replace('a', '3', {}), await client.replace('missing', '3', {})]);
  // Not prepend: this release sends an append for it.
  check('append', true, await client.append('a', '>'));
  check('and get', '3>', await text('a'));
  const keys = Array.from({ length: 300 }, (_, i) => `k${i}`);
  await Promise.all(keys.map((key) => client.set(key, key, {})));
  const values = await Promise.all(keys.map(text));
  check('many at once', keys, values);
  check('increment', [41, 46], [(await client.increment('n', 5, { initial: 41 })).value, (await client.increment('n', 5, {})).value]);
  check('decrement', 40, (await client.decrement('n', 6, {})).value);
  check('delete', [true, false], [await client.delete('a'), await client.delete('a')]);
  const large = Buffer.alloc(768000, Buffer.from(Array.from({ length: 256 }, (_, i) => i)));
  check('a large value', true, (await client.set('large', large, {})) && large.equals((await client.get('large')).value));
  check('touch', true, await client.touch('b', 100));
  await client.set('short', 'x', { expires: 1 });
  for (let i = 0; i < 100 && (await text('short')) !== null; i++) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  check('expiry', null, await text('short'));
  await client.flush();
  check('flush', null, await text('b'));
  client.quit();
  client.close();
}

main().catch((error) => {
  console.log('FAIL', error.stack);
  process.exit(1);
});
