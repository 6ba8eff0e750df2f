import assert from 'node:assert/strict';
import { test } from 'node:test';

import { messagesOf } from '../src/kafka/records.js';

type Fetched = Parameters<typeof messagesOf>[1];
type Batch = NonNullable<Fetched['records']>[number];

const TRANSACTIONAL = 16;
const CONTROL = 32;

function batch(
  first: number,
  count: number,
  more: { producer?: number; attributes?: number; commit?: boolean } = {},
): Batch {
  const { producer = -1, attributes = 0, commit } = more;
  const key = commit === undefined ? null : Buffer.from([0, 0, 0, commit ? 1 : 0]);
  return {
    firstOffset: BigInt(first),
    lastOffsetDelta: count - 1,
    attributes,
    producerId: BigInt(producer),
    firstTimestamp: 1_000n,
    maxTimestamp: 2_000n,
    records: Array.from({ length: count }, (_unused, i) => ({
      offsetDelta: i,
      timestampDelta: BigInt(i),
      key,
      value: Buffer.from('v'),
      headers: [],
    })),
  } as unknown as Batch;
}

function offsets(records: Batch[], from = 0, aborted: [number, number][] = []): { offsets: number[]; next: number } {
  const abortedTransactions = aborted.map(([producer, first]) => {
    return { producerId: BigInt(producer), firstOffset: BigInt(first) };
  });
  const fetched = { partitionIndex: 0, records, abortedTransactions } as unknown as Fetched;
  const { messages, next } = messagesOf('t', fetched, BigInt(from));
  return { offsets: messages.map(({ offset }) => Number(offset)), next: Number(next) };
}

test('what was before the position in its batch is left out', () => {
  assert.deepEqual(offsets([batch(0, 5)], 3), { offsets: [3, 4], next: 5 });
});

test('a batch without records that are left, after compaction, is gone past', () => {
  const compacted = { ...batch(0, 1), lastOffsetDelta: 9 };
  assert.deepEqual(offsets([compacted], 1), { offsets: [], next: 10 });
  assert.deepEqual(offsets([], 7), { offsets: [], next: 7 });
});

test('aborted messages are left out, committed ones of the same producer are not', () => {
  const records = [
    batch(0, 2, { producer: 7, attributes: TRANSACTIONAL }),
    batch(2, 1, { producer: 7, attributes: TRANSACTIONAL | CONTROL, commit: false }),
    batch(3, 2, { producer: 7, attributes: TRANSACTIONAL }),
    batch(5, 1, { producer: 7, attributes: TRANSACTIONAL | CONTROL, commit: true }),
    batch(6, 1, { producer: 7, attributes: TRANSACTIONAL }),
    batch(7, 1, { producer: 7, attributes: TRANSACTIONAL | CONTROL, commit: false }),
    batch(8, 1),
  ];
  const aborted: [number, number][] = [
    [7, 6],
    [7, 0],
  ];
  assert.deepEqual(offsets(records, 0, aborted), { offsets: [3, 4, 8], next: 9 });
});

test('an aborted transaction whose end is not in this fetch is left out, too', () => {
  const records = [batch(0, 3, { producer: 7, attributes: TRANSACTIONAL }), batch(3, 1)];
  assert.deepEqual(offsets(records, 0, [[7, 0]]), { offsets: [3], next: 4 });
});

test('the end of an aborted transaction without messages here does no harm', () => {
  const records = [batch(0, 1, { producer: 9, attributes: TRANSACTIONAL | CONTROL, commit: false }), batch(1, 1)];
  assert.deepEqual(offsets(records), { offsets: [1], next: 2 });
});

test('with timestamps by the broker a batch has one', () => {
  const times = (attributes: number): number[] =>
    messagesOf(
      't',
      { partitionIndex: 0, records: [batch(0, 2, { attributes })] } as unknown as Fetched,
      0n,
    ).messages.map(({ timestamp }) => timestamp);
  assert.deepEqual(times(0), [1_000, 1_001]);
  assert.deepEqual(times(8), [2_000, 2_000]);
});
