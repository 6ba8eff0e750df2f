import type { KafkaMessage } from './message.js';
import type { FetchResponse } from './protocol.js';

type FetchedPartition = FetchResponse['responses'][number]['partitions'][number];
type Batch = NonNullable<FetchedPartition['records']>[number];

const LOG_APPEND_TIME = 1 << 3;
const TRANSACTIONAL = 1 << 4;
const CONTROL = 1 << 5;
const ABORT = 0;

/** What a fetch brought of one partition: committed messages from `from` on, and where to fetch on. */
export interface Fetched {
  messages: KafkaMessage[];
  next: bigint;
}

/**
 * The messages of a partition's part of a response, without those before `from` (a batch comes whole), those of aborted
 * transactions and the markers of transactions. Pure.
 */
export function messagesOf(topic: string, fetched: FetchedPartition, from: bigint): Fetched {
  const messages: KafkaMessage[] = [];
  let next = from;
  const aborted = [...(fetched.abortedTransactions ?? [])].sort((a, b) => (a.firstOffset < b.firstOffset ? -1 : 1));
  const aborting = new Set<bigint>();
  for (const batch of fetched.records ?? []) {
    const last = batch.firstOffset + BigInt(batch.lastOffsetDelta);
    while (aborted.length > 0 && aborted[0]!.firstOffset <= last) aborting.add(aborted.shift()!.producerId);
    if ((batch.attributes & CONTROL) !== 0) {
      // The end of a producer's aborted transaction: its next ones may be committed.
      if (isAbort(batch)) aborting.delete(batch.producerId);
    } else if ((batch.attributes & TRANSACTIONAL) === 0 || !aborting.has(batch.producerId)) {
      take(topic, fetched.partitionIndex, batch, from, messages);
    }
    if (last >= next) next = last + 1n;
  }
  return { messages, next };
}

function isAbort(batch: Batch): boolean {
  const key = batch.records[0]?.key;
  return key !== null && key !== undefined && key.length >= 4 && key.readInt16BE(2) === ABORT;
}

function take(topic: string, partition: number, batch: Batch, from: bigint, messages: KafkaMessage[]): void {
  const appended = (batch.attributes & LOG_APPEND_TIME) !== 0;
  for (const record of batch.records) {
    const offset = batch.firstOffset + BigInt(record.offsetDelta);
    if (offset < from) continue;
    messages.push({
      topic,
      partition,
      offset,
      timestamp: Number(appended ? batch.maxTimestamp : batch.firstTimestamp + record.timestampDelta),
      key: record.key ?? null,
      value: record.value ?? null,
      headers: (record.headers ?? []).map(([key, value]) => ({
        key: key?.toString('utf8') ?? '',
        value: value ?? null,
      })),
    });
  }
}
