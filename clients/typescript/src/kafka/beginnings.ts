import type { Translation } from '../config/translation.js';
import { describe, type Logger } from '../log.js';
import { Backoff, Waits } from '../timing.js';
import type { TopicPartitions } from './assignors.js';
import type { MemberClient } from './member-client.js';
import { NoOffsetError, resetOffsets, type Start, startsOf } from './offsets.js';
import type { OwnedPartition } from './partitions.js';

/** Until a partition's offsets are asked for again. */
const AGAIN_MS = 1_000;

/**
 * Finds out where the work on partitions begins, and asks until it is told.
 * Fails: {@link NoOffsetError}, which no further try changes.
 */
export class Beginnings {
  readonly #waits = new Waits();

  constructor(
    private readonly serviceName: string,
    private readonly own: Translation['own'],
    private readonly log: Logger,
  ) {}

  /** null when `isWanted` says that it does not matter any more. */
  async of(client: MemberClient, assigned: TopicPartitions[], isWanted: () => boolean): Promise<Start[] | null> {
    const backoff = new Backoff(Math.max(50, this.own.retryBackoffMs), 2_000);
    while (isWanted()) {
      try {
        const starts = await startsOf(client, assigned, this.own.autoOffsetReset);
        return isWanted() ? starts : null;
      } catch (error) {
        if (error instanceof NoOffsetError) throw error;
        if (!isWanted()) return null;
        this.log.warn(`${this.serviceName}: where the group is, is asked again: ${describe(error)}`);
        await this.#waits.wait(backoff.next());
      }
    }
    return null;
  }

  /** Where to go on when the log was cut behind the position, or made anew; null: ask again. */
  async after(client: MemberClient, { topic, partition, fetchAt }: OwnedPartition): Promise<bigint | null> {
    const at = `${topic}[${partition}]`;
    try {
      const [found] = await resetOffsets(client, [{ topic, partitions: [partition] }], this.own.autoOffsetReset);
      const offset = found!.offset;
      this.log.warn(
        `${this.serviceName}: ${at} does not have ${fetchAt} any more, or not yet; reads from ${offset} on`,
      );
      return offset;
    } catch (error) {
      if (error instanceof NoOffsetError) throw error;
      this.log.warn(`${this.serviceName}: the offsets of ${at} are asked for again: ${describe(error)}`);
      await this.#waits.wait(AGAIN_MS);
      return null;
    }
  }

  /** Ends the waits. */
  stop(): void {
    this.#waits.wake();
  }
}
