import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { KafkaMessage } from '../src/kafka/message.js';
import { Partitions } from '../src/kafka/partitions.js';

function message(partition: number, offset: number): KafkaMessage {
  const at = { topic: 't', partition, offset: BigInt(offset), timestamp: 0 };
  return { ...at, key: null, value: null, headers: [] };
}

function owning(...partitions: number[]): Partitions {
  const owned = new Partitions();
  owned.assign(partitions.map((partition) => ({ topic: 't', partition, start: 0n, committed: -1n })));
  return owned;
}

function add(owned: Partitions, partition: number, from: number, to: number): void {
  const messages = Array.from({ length: to - from }, (_unused, i) => message(partition, from + i));
  owned.add(owned.get('t', partition)!, messages, BigInt(to), 100n);
}

test('only what is done is committed', () => {
  const owned = owning(0);
  add(owned, 0, 0, 3);
  const [first, second] = owned.take(2);
  assert.deepEqual(owned.uncommitted(), []);
  owned.finish(first!);
  assert.deepEqual(owned.uncommitted(), [{ topic: 't', partition: 0, offset: 1n }]);
  owned.committed(owned.uncommitted());
  assert.deepEqual(owned.uncommitted(), []);
  owned.finish(second!);
  assert.deepEqual(owned.uncommitted(), [{ topic: 't', partition: 0, offset: 2n }]);
});

test('what is not done is handed out again after rewind()', () => {
  const owned = owning(0);
  add(owned, 0, 0, 3);
  const turn = owned.take(3);
  owned.finish(turn[0]!);
  owned.rewind();
  assert.equal(owned.get('t', 0)!.fetchAt, 1n);
  assert.equal(owned.buffered(), 0);
});

test('a message of before a rebalance counts for nothing, also when its partition came back', () => {
  const owned = owning(0);
  add(owned, 0, 0, 3);
  const turn = owned.take(3);
  owned.assign([{ topic: 't', partition: 0, start: 0n, committed: 0n }]);
  assert.equal(owned.owns(turn[0]!), false);
  assert.equal(owned.finish(turn[0]!), false);
  assert.deepEqual(owned.uncommitted(), []);
});

test('no partition has to wait for the others', () => {
  const owned = owning(0, 1, 2);
  for (const partition of [0, 1, 2]) add(owned, partition, 0, 10);
  const seen = new Set<number>();
  for (let i = 0; i < 3; i += 1) {
    for (const one of owned.take(5)) seen.add(one.partition);
  }
  assert.deepEqual([...seen].sort(), [0, 1, 2]);
});

test("markers of transactions at the log's end are done with, and are no lag", () => {
  const owned = owning(0);
  owned.add(owned.get('t', 0)!, [message(0, 0)], 2n, 2n);
  const [only] = owned.take(1);
  owned.finish(only!);
  assert.deepEqual(owned.positionsAndEnds(), [{ topic: 't', partition: 0, offset: 2n, end: 2n }]);
  owned.add(owned.get('t', 0)!, [], 3n, 3n);
  assert.deepEqual(owned.positionsAndEnds(), [{ topic: 't', partition: 0, offset: 3n, end: 3n }]);
});

test('markers that arrive while a message is in work do not make it done', () => {
  const owned = owning(0);
  add(owned, 0, 0, 1);
  owned.take(1);
  owned.add(owned.get('t', 0)!, [], 2n, 2n);
  assert.deepEqual(owned.uncommitted(), []);
});
