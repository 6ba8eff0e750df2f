import type { Translation } from '../config/translation.js';
import type { TopicPartitions } from './assignors.js';
import type { MemberClient } from './member-client.js';

/** Where the work on a partition begins; `committed` is -1 where the group has never been. */
export interface Start {
  topic: string;
  partition: number;
  start: bigint;
  committed: bigint;
}

/** There is no committed offset, or it is out of the log's range, and `auto_offset_reset` is `none`. */
export class NoOffsetError extends Error {
  override name = 'NoOffsetError';
}

const EARLIEST = -2n;
const LATEST = -1n;

/** Where the group is in these partitions, or where `reset` says to begin. */
export async function startsOf(
  client: MemberClient,
  assigned: TopicPartitions[],
  reset: Translation['own']['autoOffsetReset'],
): Promise<Start[]> {
  if (assigned.length === 0) return [];
  const committed = await client.listCommittedOffsets({ topics: assigned });
  const starts: Start[] = [];
  const unknown: TopicPartitions[] = [];
  for (const { topic, partitions } of assigned) {
    const missing: number[] = [];
    for (const partition of partitions) {
      const offset = committed.get(topic)?.[partition] ?? -1n;
      if (offset >= 0n) starts.push({ topic, partition, start: offset, committed: offset });
      else missing.push(partition);
    }
    if (missing.length > 0) unknown.push({ topic, partitions: missing });
  }
  for (const { topic, partition, offset } of await resetOffsets(client, unknown, reset)) {
    starts.push({ topic, partition, start: offset, committed: -1n });
  }
  return starts;
}

/** Where `reset` says to begin. */
export async function resetOffsets(
  client: MemberClient,
  wanted: TopicPartitions[],
  reset: Translation['own']['autoOffsetReset'],
): Promise<{ topic: string; partition: number; offset: bigint }[]> {
  if (wanted.length === 0) return [];
  if (reset === 'none') {
    const { topic, partitions } = wanted[0]!;
    throw new NoOffsetError(
      `the group has no usable offset in ${topic}[${partitions.join(',')}], and auto_offset_reset is none: ` +
        'set the offsets (kafka-consumer-groups --reset-offsets) or another auto_offset_reset',
    );
  }
  return offsetsAt(client, wanted, reset === 'latest' ? LATEST : EARLIEST);
}

/** The ends of these partitions. */
export function endOffsets(
  client: MemberClient,
  wanted: TopicPartitions[],
): Promise<{ topic: string; partition: number; offset: bigint }[]> {
  return offsetsAt(client, wanted, LATEST);
}

async function offsetsAt(
  client: MemberClient,
  wanted: TopicPartitions[],
  timestamp: bigint,
): Promise<{ topic: string; partition: number; offset: bigint }[]> {
  if (wanted.length === 0) return [];
  const offsets = await client.listOffsets({
    topics: wanted.map(({ topic }) => topic),
    partitions: Object.fromEntries(wanted.map(({ topic, partitions }) => [topic, partitions])),
    timestamp,
  });
  return wanted.flatMap(({ topic, partitions }) =>
    partitions.map((partition) => {
      const offset = offsets.get(topic)?.[partition];
      if (offset === undefined) throw new Error(`no broker told the offsets of ${topic}[${partition}]`);
      return { topic, partition, offset };
    }),
  );
}
