import type { ClusterMetadata, ConnectionPool } from '@platformatic/kafka';

import type { Translation } from '../config/translation.js';
import { describe, type Logger } from '../log.js';
import type { MemberClient } from './member-client.js';
import type { OwnedPartition, Partitions } from './partitions.js';
import type { FetchRequest, FetchResponse } from './protocol.js';
import { messagesOf } from './records.js';

export interface FetcherSettings {
  topics: string[];
  fetch: Translation['fetch'];
  retryBackoffMs: number;
}

export interface FetcherEvents {
  /** There is more to take. */
  arrived(): void;
  /** The log does not have what is to be fetched next. */
  outOfRange(partition: OwnedPartition): void;
  metadata(metadata: ClusterMetadata): void;
}

const READ_COMMITTED = 1;
const OFFSET_OUT_OF_RANGE = 1;

/** Whom to ask, and over which connections. */
export interface FetchSource {
  client: MemberClient;
  pool: ConnectionPool;
}

interface Asked {
  partition: OwnedPartition;
  from: bigint;
  round: number;
}

/**
 * Fetches ahead what is assigned: one request at a time to each broker, for all partitions that it leads, so that none
 * waits for another's. The owner calls fill() whenever it has room for more.
 */
export class Fetcher {
  readonly #asking = new Set<number>();
  #retry: NodeJS.Timeout | null = null;
  #rotation = 0;
  #lastProblem = '';

  constructor(
    private readonly settings: FetcherSettings,
    private readonly partitions: Partitions,
    private readonly events: FetcherEvents,
    private readonly log: Logger,
    /** null when there is nobody to ask, or no room */
    private readonly source: () => FetchSource | null,
  ) {}

  stop(): void {
    if (this.#retry !== null) clearTimeout(this.#retry);
    this.#retry = null;
  }

  /** Asks all brokers that are not being asked. Returns at once. */
  fill(): void {
    const by = this.source();
    if (by === null || this.#retry !== null || this.partitions.size === 0) return;
    void this.#ask(by.client, by.pool).catch((error: unknown) => this.#later(error));
  }

  async #ask(client: MemberClient, pool: ConnectionPool): Promise<void> {
    const metadata = await client.metadata({ topics: [...this.settings.topics] });
    this.events.metadata(metadata);
    const by = this.source();
    // Meanwhile the client may have been replaced.
    if (by === null || by.client !== client) return;
    for (const [leader, asked] of this.#byLeader(metadata)) {
      if (this.#asking.has(leader)) continue;
      this.#asking.add(leader);
      void this.#askOne(client, pool, metadata, leader, asked)
        .then(
          () => {
            this.#lastProblem = '';
          },
          (error: unknown) => {
            if (this.source()?.client === client) this.#later(error, client);
          },
        )
        .finally(() => {
          this.#asking.delete(leader);
          this.fill();
        });
    }
  }

  #byLeader(metadata: ClusterMetadata): Map<number, Asked[]> {
    const leaders = new Map<number, Asked[]>();
    const all = this.partitions.all();
    // A broker fills its answer in the order of the request: another one is the first each time.
    this.#rotation += 1;
    for (let i = 0; i < all.length; i += 1) {
      const partition = all[(this.#rotation + i) % all.length]!;
      const leader = metadata.topics.get(partition.topic)?.partitions[partition.partition]?.leader;
      if (leader === undefined || leader < 0) {
        this.#later(new Error(`${partition.topic}[${partition.partition}] has no leader`));
        continue;
      }
      if (partition.stuck) continue;
      const asked = leaders.get(leader) ?? [];
      asked.push({ partition, from: partition.fetchAt, round: partition.fetchRound });
      leaders.set(leader, asked);
    }
    return leaders;
  }

  async #askOne(
    client: MemberClient,
    pool: ConnectionPool,
    metadata: ClusterMetadata,
    leader: number,
    asked: Asked[],
  ): Promise<void> {
    const broker = metadata.brokers.get(leader);
    if (broker === undefined) throw new Error(`broker ${leader} is not there`);
    const { minBytes, maxWaitTime, maxBytes } = this.settings.fetch;
    const topics = this.#request(metadata, asked);
    const request: FetchRequest = [maxWaitTime, minBytes, maxBytes, READ_COMMITTED, 0, 0, topics, [], ''];
    let response: FetchResponse;
    let problem: Error | null = null;
    try {
      response = await client.fetchFrom(pool, broker, request);
    } catch (error) {
      // One partition's error makes it all an error; the others' messages are in it.
      const partial = (error as { response?: FetchResponse }).response;
      if (partial?.responses === undefined) throw error;
      response = partial;
      problem = error as Error;
    }
    const arrived = this.#take(metadata, asked, response);
    if (arrived > 0) this.events.arrived();
    if (problem !== null && hasOther(response)) throw problem;
  }

  #request(metadata: ClusterMetadata, asked: Asked[]): FetchRequest[6] {
    const topics = new Map<string, FetchRequest[6][number]>();
    for (const { partition, from } of asked) {
      const topicId = metadata.topics.get(partition.topic)!.id;
      const topic = topics.get(topicId) ?? { topicId, partitions: [] };
      topic.partitions.push({
        partition: partition.partition,
        currentLeaderEpoch: -1,
        fetchOffset: from,
        lastFetchedEpoch: -1,
        partitionMaxBytes: this.settings.fetch.maxBytesPerPartition,
      });
      topics.set(topicId, topic);
    }
    return [...topics.values()];
  }

  /** How many messages there were. */
  #take(metadata: ClusterMetadata, asked: Asked[], response: FetchResponse): number {
    let count = 0;
    for (const topic of response.responses) {
      for (const fetched of topic.partitions) {
        const one = asked.find(
          ({ partition }) =>
            partition.partition === fetched.partitionIndex &&
            metadata.topics.get(partition.topic)?.id === topic.topicId,
        );
        if (one === undefined || !this.#isCurrent(one)) continue;
        if (fetched.errorCode === OFFSET_OUT_OF_RANGE) {
          one.partition.stuck = true;
          this.events.outOfRange(one.partition);
        }
        if (fetched.errorCode !== 0) continue;
        const { messages, next } = messagesOf(one.partition.topic, fetched, one.from);
        // Up to where a reader of committed messages comes.
        const end = fetched.lastStableOffset >= 0n ? fetched.lastStableOffset : fetched.highWatermark;
        this.partitions.add(one.partition, messages, next, end);
        count += messages.length;
      }
    }
    return count;
  }

  /** Neither lost nor set to another place since. */
  #isCurrent({ partition, from, round }: Asked): boolean {
    return (
      this.partitions.get(partition.topic, partition.partition) === partition &&
      partition.fetchRound === round &&
      partition.fetchAt === from
    );
  }

  #later(error: unknown, client?: MemberClient): void {
    const problem = describe(error);
    if (problem !== this.#lastProblem) this.log.warn(`fetching is tried again: ${problem}`);
    this.#lastProblem = problem;
    // Leaders may have changed.
    client?.clearMetadata();
    if (this.#retry !== null) return;
    this.#retry = setTimeout(
      () => {
        this.#retry = null;
        this.fill();
      },
      Math.max(this.settings.retryBackoffMs, 50),
    );
  }
}

/** Whether there is an error that nobody else sees to. */
function hasOther(response: FetchResponse): boolean {
  return response.responses.some((topic) =>
    topic.partitions.some(({ errorCode }) => errorCode !== 0 && errorCode !== OFFSET_OUT_OF_RANGE),
  );
}
