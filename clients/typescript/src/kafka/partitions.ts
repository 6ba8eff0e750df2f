import type { KafkaMessage } from './message.js';

/** Where the work on a partition stands. */
export interface TopicPosition {
  topic: string;
  partition: number;
  /** of the next message */
  offset: bigint;
}

/** How far the work on a partition is, and how far the partition goes. */
export interface PositionAndEnd extends TopicPosition {
  end: bigint;
}

/** A partition that is assigned to this member, for as long as it is. */
export interface OwnedPartition {
  readonly topic: string;
  readonly partition: number;
  /** next to fetch */
  fetchAt: bigint;
  /** next to hand out */
  position: bigint;
  /** everything before is done with */
  done: bigint;
  /** what the group has of it */
  committed: bigint;
  /** the log's end, by what was last heard */
  end: bigint | null;
  /** fetched, and not handed out yet */
  buffer: KafkaMessage[];
  /** not to be fetched until it is set to another place */
  stuck: boolean;
  /** changes when what is being fetched is of no use any more */
  fetchRound: number;
}

/**
 * The ledger of the partitions that are assigned: fetched -> handed out -> done -> committed. It knows no Kafka.
 * A message that was handed out before its partition was lost counts for nothing any more, also if the partition came
 * back meanwhile.
 */
export class Partitions {
  #owned = new Map<string, OwnedPartition>();
  /** Who handed a message out, to tell one of before a rebalance from one of after it. */
  readonly #source = new WeakMap<KafkaMessage, OwnedPartition>();
  #first = 0;

  /** `committed`: where the group is; -1 where it never was, and work begins at `start`. */
  assign(all: { topic: string; partition: number; start: bigint; committed: bigint }[]): void {
    this.#owned = new Map();
    for (const { topic, partition, start, committed } of all) {
      this.#owned.set(keyOf(topic, partition), {
        topic,
        partition,
        fetchAt: start,
        position: start,
        done: start,
        committed: committed < 0n ? start : committed,
        end: null,
        buffer: [],
        stuck: false,
        fetchRound: 0,
      });
    }
  }

  clear(): void {
    this.#owned = new Map();
  }

  get size(): number {
    return this.#owned.size;
  }

  all(): OwnedPartition[] {
    return [...this.#owned.values()];
  }

  get(topic: string, partition: number): OwnedPartition | undefined {
    return this.#owned.get(keyOf(topic, partition));
  }

  buffered(): number {
    let count = 0;
    for (const partition of this.#owned.values()) count += partition.buffer.length;
    return count;
  }

  /** What a fetch that began at `partition.fetchAt` brought. */
  add(partition: OwnedPartition, messages: KafkaMessage[], next: bigint, end: bigint): void {
    partition.end = end;
    partition.fetchAt = next;
    for (const message of messages) {
      this.#source.set(message, partition);
      partition.buffer.push(message);
    }
    // What is no message (markers of transactions) is done with as soon as what is before it is.
    if (partition.buffer.length === 0 && partition.position === partition.done) {
      partition.position = next;
      partition.done = next;
    }
  }

  /** At most `count` messages, beginning with another partition each time so that none has to wait for ever. */
  take(count: number): KafkaMessage[] {
    const all = this.all();
    const taken: KafkaMessage[] = [];
    for (let i = 0; i < all.length && taken.length < count; i += 1) {
      const partition = all[(this.#first + i) % all.length]!;
      const part = partition.buffer.splice(0, count - taken.length);
      if (part.length > 0) partition.position = part.at(-1)!.offset + 1n;
      taken.push(...part);
    }
    this.#first += 1;
    return taken;
  }

  /** Whether the message's partition has been ours since it was handed out. */
  owns(message: KafkaMessage): boolean {
    const source = this.#source.get(message);
    return source !== undefined && this.get(message.topic, message.partition) === source;
  }

  /** False when the message is not ours any more. */
  finish(message: KafkaMessage): boolean {
    if (!this.owns(message)) return false;
    const partition = this.get(message.topic, message.partition)!;
    partition.done = message.offset + 1n;
    if (partition.buffer.length === 0 && partition.position === partition.done) {
      // Nothing but what is no message lies between.
      partition.position = partition.fetchAt;
      partition.done = partition.fetchAt;
    }
    return true;
  }

  /** Everything that was handed out is done. */
  finishAll(): void {
    for (const partition of this.#owned.values()) partition.done = partition.position;
  }

  /** What was handed out and is not done is handed out again. */
  rewind(): void {
    for (const partition of this.#owned.values()) {
      if (partition.position === partition.done) continue;
      this.seek(partition, partition.done);
    }
  }

  seek(partition: OwnedPartition, offset: bigint): void {
    partition.fetchAt = offset;
    partition.position = offset;
    partition.done = offset;
    partition.buffer = [];
    partition.stuck = false;
    partition.fetchRound += 1;
  }

  /** What is done and not committed. */
  uncommitted(): TopicPosition[] {
    return this.all()
      .filter((partition) => partition.done > partition.committed)
      .map(({ topic, partition, done }) => ({ topic, partition, offset: done }));
  }

  committed(positions: TopicPosition[]): void {
    for (const { topic, partition, offset } of positions) {
      const owned = this.get(topic, partition);
      if (owned !== undefined) owned.committed = offset;
    }
  }

  /** Those whose end is not known yet are left out. */
  positionsAndEnds(): PositionAndEnd[] {
    return this.all().flatMap(({ topic, partition, done, end }) =>
      end === null ? [] : [{ topic, partition, offset: done, end }],
    );
  }
}

function keyOf(topic: string, partition: number): string {
  return `${partition}:${topic}`;
}
