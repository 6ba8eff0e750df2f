import assert from 'node:assert/strict';
import { test } from 'node:test';

import { defaultConfig, fromColumns, sameClient, toColumns, translate } from '../src/index.js';

test('a config has the names of the columns, and comes back from them', () => {
  const config = { ...defaultConfig('kyutai-stt'), maxPollRecords: 10, source: 'row' };
  const columns = toColumns(config);
  assert.equal(columns.max_poll_records, 10);
  assert.equal(columns.max_partition_fetch_bytes, 1_048_576);
  assert.equal(columns.enable_auto_commit, true);
  assert.equal(Object.keys(columns).length, 17);
  assert.deepEqual(fromColumns('kyutai-stt', columns), config);
});

test('what a row lacks, or has of another type, is the default', () => {
  const config = fromColumns('x', { max_poll_records: null, session_timeout_ms: '7', service_type: 'llm' });
  assert.deepEqual(config, defaultConfig('x'));
});

test('the defaults need no change', () => {
  const { warnings, group, requestTimeout } = translate(defaultConfig('x'));
  assert.deepEqual(warnings, []);
  assert.deepEqual(group, {
    sessionTimeout: 30_000,
    heartbeatInterval: 10_000,
    rebalanceTimeout: 300_000,
    assignor: 'range',
  });
  assert.equal(requestTimeout, 305_000);
});

test('sticky strategies become range, with a warning', () => {
  for (const partitionAssignmentStrategy of ['sticky', 'cooperative-sticky', 'mine']) {
    const { group, warnings } = translate({ ...defaultConfig('x'), partitionAssignmentStrategy });
    assert.equal(group.assignor, 'range');
    assert.equal(warnings.length, 1);
    assert.match(warnings[0]!, new RegExp(partitionAssignmentStrategy));
  }
});

test('a request may take as long as a rebalance does', () => {
  const { requestTimeout, warnings } = translate({ ...defaultConfig('x'), requestTimeoutMs: 30_000 });
  assert.equal(requestTimeout, 305_000);
  assert.match(warnings.join(), /request_timeout_ms is 30000, taken as 305000/);
});

test('whatever the numbers, the library takes the options', () => {
  const numbers = [Number.NaN, Number.NEGATIVE_INFINITY, -1, 0, 1, 2, 29_999, 86_400_000, 2 ** 31 - 1, 2 ** 40];
  let seed = 7;
  const any = (): number => {
    seed = (seed * 48_271) % 2_147_483_647;
    return numbers[seed % numbers.length]!;
  };
  for (let i = 0; i < 5_000; i += 1) {
    const config = defaultConfig('x');
    for (const [field, value] of Object.entries(config)) {
      if (typeof value === 'number') Object.assign(config, { [field]: any() });
    }
    const { group, fetch, own, requestTimeout } = translate(config);
    const told = JSON.stringify(config);
    assert.ok(group.heartbeatInterval >= 1 && group.heartbeatInterval <= group.sessionTimeout, told);
    assert.ok(group.rebalanceTimeout >= group.sessionTimeout, told);
    assert.ok(requestTimeout > group.rebalanceTimeout && requestTimeout < 2 ** 31, told);
    assert.ok(fetch.maxWaitTime >= 0 && fetch.maxWaitTime < requestTimeout, told);
    for (const value of [fetch.minBytes, fetch.maxBytes, fetch.maxBytesPerPartition]) {
      assert.ok(Number.isInteger(value) && value >= 0 && value < 2 ** 31, told);
    }
    assert.ok(own.recordsPerTurn >= 1 && own.recordsPerTurn <= 5_000, told);
  }
});

test('only another turn size does without a new client', () => {
  const before = defaultConfig('x');
  assert.equal(sameClient(before, { ...before, maxPollRecords: 7, source: 'row' }), true);
  assert.equal(sameClient(before, { ...before, fetchMaxWaitMs: 7 }), false);
  assert.equal(sameClient(before, { ...before, consumerGroupId: 'y' }), false);
  assert.equal(sameClient(before, { ...before, autoOffsetReset: 'latest' }), false);
});
