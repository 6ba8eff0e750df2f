import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Handover } from '../src/kafka/handover.js';
import { PartitionCounts } from '../src/kafka/partition-counts.js';

function topics(counts: Record<string, number>): Parameters<PartitionCounts['look']>[0] {
  const known = Object.entries(counts).map(([topic, partitionsCount]) => [topic, { partitionsCount }] as const);
  return { topics: new Map(known) } as unknown as Parameters<PartitionCounts['look']>[0];
}

test('a rebalance waits until the partitions are let go of, however often it asks', async () => {
  const handover = new Handover();
  let gone = 0;
  const first = handover.untilLetGo().then(() => (gone += 1));
  const second = handover.untilLetGo().then(() => (gone += 1));
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual([handover.isAwaited, gone], [true, 0]);
  handover.letGo();
  await Promise.all([first, second]);
  assert.deepEqual([handover.isAwaited, gone], [false, 2]);
});

test('a turn that ends in time is not overdue, and one that does not is', async () => {
  const handover = new Handover();
  let overdue = 0;
  handover.beginTurn(10, () => (overdue += 1));
  assert.equal(handover.isWorking, true);
  handover.endTurn();
  await new Promise((resolve) => setTimeout(resolve, 40));
  assert.deepEqual([handover.isWorking, overdue], [false, 0]);
  handover.beginTurn(10, () => (overdue += 1));
  await new Promise((resolve) => setTimeout(resolve, 40));
  assert.equal(overdue, 1);
});

test('a topic that has grown since the group shared out is told once', () => {
  const counts = new PartitionCounts();
  assert.equal(counts.look(topics({ a: 1, b: 3 })), null);
  assert.equal(counts.look(topics({ a: 1, b: 3 })), null);
  assert.deepEqual(counts.look(topics({ a: 1, b: 4 })), { topic: 'b', partitions: 4 });
  assert.equal(counts.look(topics({ a: 1, b: 4 })), null);
  counts.forget();
  assert.equal(counts.look(topics({ a: 2, b: 4 })), null);
});
