import { within } from '../timing.js';
import type { TopicPartitions } from './assignors.js';
import type { Beginnings } from './beginnings.js';
import type { MemberClient } from './member-client.js';
import { endOffsets } from './offsets.js';
import type { OwnedPartition, Partitions } from './partitions.js';

const ENDS_MS = 2_000;

/**
 * Puts what the group assigns into the ledger, with what the brokers know of it: where the work begins, where it goes
 * on when the log was cut, and where the log ends.
 * Fails: NoOffsetError, which no further try changes.
 */
export class Assignment {
  /** Answers of brokers that were asked before a drop() are of no use any more. */
  #round = 0;
  #stopped = false;

  constructor(
    private readonly partitions: Partitions,
    private readonly beginnings: Beginnings,
  ) {}

  /** False: dropped, or stopped, before it was known where to begin. */
  async take(client: MemberClient, assigned: TopicPartitions[]): Promise<boolean> {
    const round = this.#round;
    const isWanted = (): boolean => round === this.#round && !this.#stopped;
    const starts = await this.beginnings.of(client, assigned, isWanted);
    // Asked once more: a drop() may have come between the answer and here.
    if (starts === null || !isWanted()) return false;
    this.partitions.assign(starts);
    return true;
  }

  /** Others may have the partitions by now. */
  drop(): void {
    this.#round += 1;
    this.partitions.clear();
  }

  /** Finds out where to go on in a partition whose log does not have the position. */
  async reset(client: MemberClient, partition: OwnedPartition): Promise<void> {
    const offset = await this.beginnings.after(client, partition);
    if (this.partitions.get(partition.topic, partition.partition) !== partition) return;
    if (offset === null) partition.stuck = false;
    else this.partitions.seek(partition, offset);
  }

  /** Asks the brokers for the ends. What they do not tell within 2 s stays as it was. */
  async refreshEnds(client: MemberClient): Promise<void> {
    const wanted = byTopic(this.partitions.all());
    if (wanted.length === 0) return;
    try {
      const ends = await within(ENDS_MS, 'to ask for the ends of the partitions', endOffsets(client, wanted));
      for (const { topic, partition, offset } of ends) {
        const owned = this.partitions.get(topic, partition);
        if (owned !== undefined) owned.end = offset;
      }
    } catch {
      // The fetches bring them, too.
    }
  }

  /** Nothing is taken any more. */
  stop(): void {
    this.#stopped = true;
    this.beginnings.stop();
  }
}

function byTopic(partitions: { topic: string; partition: number }[]): TopicPartitions[] {
  const topics = new Map<string, number[]>();
  for (const { topic, partition } of partitions) topics.set(topic, [...(topics.get(topic) ?? []), partition]);
  return [...topics].map(([topic, numbers]) => ({ topic, partitions: numbers }));
}
