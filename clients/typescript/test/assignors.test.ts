import assert from 'node:assert/strict';
import { test } from 'node:test';

import { range, roundRobin, type Shares } from '../src/kafka/assignors.js';

const counts: Record<string, number> = { a: 7, b: 2 };
const partitionsOf = (topic: string): number => counts[topic] ?? 0;
const all = [
  { memberId: 'm2', topics: ['a', 'b'] },
  { memberId: 'm1', topics: ['b', 'a'] },
  { memberId: 'm3', topics: ['a', 'gone'] },
];

function flat(shares: Shares): string[] {
  return [...shares.values()].flatMap((share) =>
    share.flatMap(({ topic, partitions }) => partitions.map((partition) => `${topic}${partition}`)),
  );
}

test('every partition has one owner, who wants its topic', () => {
  for (const assignor of [range, roundRobin]) {
    const shares = assignor(all, partitionsOf);
    assert.deepEqual(flat(shares).sort(), ['a0', 'a1', 'a2', 'a3', 'a4', 'a5', 'a6', 'b0', 'b1']);
    assert.deepEqual(
      shares.get('m3')!.filter(({ topic }) => topic !== 'a'),
      [],
    );
    assert.deepEqual([...shares.keys()].sort(), ['m1', 'm2', 'm3']);
  }
});

test('range gives stretches, those in front one more', () => {
  const shares = range(all, partitionsOf);
  assert.deepEqual(shares.get('m1'), [
    { topic: 'a', partitions: [0, 1, 2] },
    { topic: 'b', partitions: [0] },
  ]);
  assert.deepEqual(shares.get('m3'), [{ topic: 'a', partitions: [5, 6] }]);
});

test('round robin deals them out one by one', () => {
  const shares = roundRobin(all, partitionsOf);
  assert.deepEqual(shares.get('m1'), [
    { topic: 'a', partitions: [0, 3, 6] },
    { topic: 'b', partitions: [1] },
  ]);
});

test('more members than partitions: some have none', () => {
  const many = Array.from({ length: 5 }, (_unused, i) => ({ memberId: `m${i}`, topics: ['b'] }));
  for (const assignor of [range, roundRobin]) {
    assert.equal(flat(assignor(many, partitionsOf)).length, 2);
  }
});
