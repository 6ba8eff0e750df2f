import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { test } from 'node:test';

import { type DatabasePool, KafkaConsumerConfigLoader } from '../src/index.js';

/** A database that answers as it is told to. */
class FakePool implements DatabasePool {
  statements: { sql: string; values: unknown[] }[] = [];
  released: unknown[] = [];
  answer: (sql: string) => Promise<Record<string, unknown>[]> = async () => [];

  async connect() {
    return {
      query: async (sql: string, values: unknown[] = []) => {
        if (/^(BEGIN|COMMIT|ROLLBACK)/.test(sql)) return { rows: [] };
        this.statements.push({ sql, values });
        return { rows: await this.answer(sql) };
      },
      release: (error?: unknown) => void this.released.push(error),
    };
  }
}

function failure(code: string): Error {
  return Object.assign(new Error(`failed with ${code}`), { code });
}

function loaderOn(pool: DatabasePool, cacheMs = 300_000) {
  const clock = { ms: 0 };
  const warnings: string[] = [];
  const loader = new KafkaConsumerConfigLoader(pool, {
    cacheMs,
    now: () => clock.ms,
    warn: (text) => warnings.push(text),
  });
  return { loader, clock, warnings };
}

const row = (settings: object) => async () => [{ config: JSON.stringify({ source: 'row', ...settings }) }];

test('a row is good for the time of the cache', async () => {
  const pool = new FakePool();
  pool.answer = row({ max_poll_records: 5 });
  const { loader, clock } = loaderOn(pool);
  assert.equal((await loader.loadConfig('x')).maxPollRecords, 5);
  pool.answer = row({ max_poll_records: 6 });
  clock.ms = 299_999;
  assert.equal((await loader.loadConfig('x')).maxPollRecords, 5);
  clock.ms = 300_000;
  assert.equal((await loader.loadConfig('x')).maxPollRecords, 6);
  pool.answer = row({ max_poll_records: 7 });
  loader.forget('x');
  assert.equal((await loader.loadConfig('x')).maxPollRecords, 7);
  assert.equal(pool.statements.length, 3);
});

test('whoever asks at once shares a statement and owns his config', async () => {
  const pool = new FakePool();
  pool.answer = row({ max_poll_records: 5 });
  const { loader } = loaderOn(pool);
  const [one, other] = await Promise.all([loader.loadConfig('x'), loader.loadConfig('x')]);
  assert.equal(pool.statements.length, 1);
  one.maxPollRecords = 99;
  assert.equal(other.maxPollRecords, 5);
  assert.equal((await loader.loadConfig('x')).maxPollRecords, 5);
});

test('without a database the row that was read before is used, and it is told once', async () => {
  const pool = new FakePool();
  pool.answer = row({ max_poll_records: 5 });
  const { loader, clock, warnings } = loaderOn(pool);
  await loader.loadConfig('x');
  pool.answer = async () => Promise.reject(failure('ECONNRESET'));
  clock.ms = 300_000;
  assert.equal((await loader.loadConfig('x')).maxPollRecords, 5);
  clock.ms += 9_999;
  await loader.loadConfig('x');
  assert.equal(pool.statements.length, 2, 'it is not asked again before 10 s');
  clock.ms += 1;
  await loader.loadConfig('x');
  assert.equal(pool.statements.length, 3);
  assert.equal(warnings.length, 1);
  assert.match(warnings[0]!, /those read before are used.*ECONNRESET/);
  pool.answer = row({ max_poll_records: 8 });
  clock.ms += 10_000;
  assert.equal((await loader.loadConfig('x')).maxPollRecords, 8);
});

test('a database without the functions means the defaults', async () => {
  const pool = new FakePool();
  const { loader, warnings } = loaderOn(pool);
  for (const code of ['42P01', '42883', '42703', '3F000', '42501']) {
    pool.answer = async () => Promise.reject(failure(code));
    loader.forget('x');
    assert.equal((await loader.loadConfig('x')).source, 'default');
  }
  assert.equal(warnings.length, 1);
  assert.match(warnings[0]!, /not set up.*migrate/);
  assert.deepEqual(pool.released, [undefined, undefined, undefined, undefined, undefined], 'the connections are whole');
});

test('a pool that gives no connection is waited for 5 s, and a late one goes back', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let give: (client: unknown) => void = () => undefined;
  const pool = { connect: () => new Promise((resolve) => (give = resolve)) } as unknown as DatabasePool;
  const { loader, warnings } = loaderOn(pool);
  const loading = loader.loadConfig('x');
  t.mock.timers.tick(5_000);
  assert.equal((await loading).source, 'default');
  assert.match(warnings[0]!, /no connection/);
  let released = false;
  give({ release: () => (released = true) });
  await Promise.resolve();
  await Promise.resolve();
  assert.equal(released, true);
});

test('a connection that does not answer is closed', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const pool = new FakePool();
  let asked: () => void = () => undefined;
  const wasAsked = new Promise<void>((resolve) => (asked = resolve));
  pool.answer = () => {
    asked();
    return new Promise(() => undefined);
  };
  const { loader } = loaderOn(pool);
  const loading = loader.loadConfig('x');
  await wasAsked;
  t.mock.timers.tick(5_000);
  assert.equal((await loading).source, 'default');
  assert.deepEqual(pool.released, [true]);
});

test('a connection that breaks in the middle of a statement fails that, and not the process', async () => {
  const broken = new Error('Connection terminated unexpectedly');
  const released: unknown[] = [];
  const listening: number[] = [];
  const connection = Object.assign(new EventEmitter(), {
    query: async () => {
      listening.push(connection.listenerCount('error')); // who emits it to nobody ends the process
      throw broken;
    },
    release: (error?: unknown) => void released.push(error),
  });
  const { loader, warnings } = loaderOn({ connect: async () => connection });
  assert.equal((await loader.loadConfig('x')).source, 'default');
  assert.match(warnings[0]!, /Connection terminated unexpectedly/);
  assert.deepEqual([listening, released], [[1], [true]]);
  assert.equal(connection.listenerCount('error'), 0, 'nothing is left on a connection of the caller');
});

test('the lag of all partitions is one statement, with offsets beyond 2^53', async () => {
  const pool = new FakePool();
  const { loader } = loaderOn(pool);
  const at = { serviceName: 's', consumerGroupId: 'g', topic: 't' };
  const far = 2n ** 60n;
  const recorded = await loader.recordConsumerLag([
    { ...at, partition: 0, currentOffset: far, endOffset: far + 1n },
    { ...at, partition: 1, currentOffset: 0n, endOffset: 3n },
  ]);
  assert.equal(recorded, true);
  assert.equal(pool.statements.length, 1);
  assert.deepEqual(pool.statements[0]!.values, [
    's',
    'g',
    ['t', 't'],
    [0, 1],
    ['1152921504606846976', '0'],
    ['1152921504606846977', '3'],
  ]);
  assert.equal(await loader.recordConsumerLag([]), true);
  assert.equal(pool.statements.length, 1);
});

test('what cannot be recorded is told once and is false', async () => {
  const pool = new FakePool();
  pool.answer = async () => Promise.reject(failure('42501'));
  const { loader, warnings } = loaderOn(pool);
  const metrics = {
    serviceName: 's',
    messagesProcessed: 1,
    messagesPerSecond: 1,
    processingTimeMs: 1,
    memoryUsageMb: 1,
  };
  assert.equal(await loader.recordProcessingMetrics(metrics), false);
  assert.equal(await loader.recordProcessingMetrics(metrics), false);
  assert.equal(warnings.length, 1);
  pool.answer = async () => Promise.reject(failure('55P03'));
  assert.equal(await loader.maintainMetrics(), true, 'somebody else is at it');
  await assert.rejects(loader.getProcessingRecommendations(), /refused/);
});

test('advice has its settings as an object', async () => {
  const pool = new FakePool();
  pool.answer = async () => [
    { service_name: 's', priority: 'high', recommended_config: '{"max_poll_records": 500}', reason: 'lag' },
  ];
  const { loader } = loaderOn(pool);
  assert.deepEqual(await loader.getProcessingRecommendations(), [
    { serviceName: 's', priority: 'high', recommendedConfig: { max_poll_records: 500 }, reason: 'lag' },
  ]);
});
