import type { ClusterMetadata } from '@platformatic/kafka';

import type { ConsumerConfig } from '../config/consumer-config.js';
import type { Translation } from '../config/translation.js';
import type { Logger } from '../log.js';
import { Waits } from '../timing.js';
import { Assignment } from './assignment.js';
import type { TopicPartitions } from './assignors.js';
import { Beginnings } from './beginnings.js';
import { Committer } from './committer.js';
import { Fetcher, type FetchSource } from './fetcher.js';
import { GroupMember } from './group-member.js';
import { Handover } from './handover.js';
import type { LibraryOptions } from './library-options.js';
import type { MemberClient } from './member-client.js';
import type { KafkaMessage } from './message.js';
import { PartitionCounts } from './partition-counts.js';
import { type OwnedPartition, Partitions } from './partitions.js';

export interface GroupSessionSettings {
  config: ConsumerConfig;
  settings: Translation;
  topics: string[];
  library: LibraryOptions;
}

/** For the last commit of close(), which must not hang on a broker that is away. */
const LAST_COMMIT_MS = 2_000;

/**
 * Takes messages for its owner, turn by turn, as a member of the group:
 *
 *     join -> assigned: where to begin -> fetch ahead -> take() hands out a turn -> the owner works, then take() again
 *     rebalance: the turn ends -> what is done is committed -> the partitions are let go of -> assigned anew
 *
 * Owns:  the Kafka client. close() it: it holds the process.
 * Fails: take(), for what does not pass by itself.
 */
export class GroupSession {
  readonly partitions = new Partitions();
  readonly committer: Committer;
  recordsPerTurn: number;

  readonly #serviceName: string;
  readonly #member: GroupMember;
  readonly #fetcher: Fetcher;
  readonly #assignment: Assignment;
  readonly #handover = new Handover();
  readonly #counts = new PartitionCounts();
  /** Messages came, the group wants something, or it is over: take() looks again. */
  readonly #news = new Waits();

  #woken = false;
  #closed = false;
  #fatal: Error | null = null;
  #rebalances = 0;
  #hasJoined = false;
  #tellJoined: (() => void)[] = [];

  /** @param isRead whether somebody calls take() again and again, and so will let go of partitions */
  constructor(
    private readonly by: GroupSessionSettings,
    private readonly isRead: () => boolean,
    private readonly log: Logger,
  ) {
    const { config, settings, topics, library } = by;
    this.#serviceName = config.serviceName;
    this.recordsPerTurn = settings.own.recordsPerTurn;
    this.#member = new GroupMember(
      { library, groupId: config.consumerGroupId, topics, group: settings.group },
      {
        assigned: (client, partitions) => this.#unattended(this.#assigned(client, partitions)),
        revoking: () => this.#revoking(),
        lost: () => this.#letGo(),
      },
      log,
    );
    const client = (): MemberClient | null => this.#member.client;
    this.committer = new Committer(this.#serviceName, this.partitions, client, settings.own, log);
    this.#assignment = new Assignment(this.partitions, new Beginnings(this.#serviceName, settings.own, log));
    this.#fetcher = new Fetcher(
      { topics, fetch: settings.fetch, retryBackoffMs: settings.own.retryBackoffMs },
      this.partitions,
      {
        arrived: () => this.#news.wake(),
        outOfRange: (partition) => this.#unattended(this.#reset(partition)),
        metadata: (metadata) => this.#lookForMore(metadata),
      },
      log,
      () => this.#roomToFetch(),
    );
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  /** True while the group waits for the owner to end its turn and call take(). */
  get isRebalancing(): boolean {
    return this.#handover.isAwaited;
  }

  /** How often the group has shared the partitions out since the last call. */
  takeRebalances(): number {
    const count = this.#rebalances;
    this.#rebalances = 0;
    return count;
  }

  /** Asks to be a member, and stays one, whatever happens. */
  join(): void {
    this.#member.join();
  }

  /** Resolves when a broker knows all topics, or the session is closed. Rejects when that takes longer. */
  async subscribed(withinMs: number): Promise<void> {
    const until = Date.now() + withinMs;
    while (!this.#hasJoined && !this.#hasBroker() && !this.#closed) {
      if (Date.now() >= until) {
        const why = this.#member.lastProblem;
        throw new Error(
          `${this.#serviceName} could not subscribe to ${this.by.topics.join(', ')} within ` +
            `${withinMs} ms${why === '' ? '' : `: ${why}`}`,
        );
      }
      await this.#news.wait(50);
    }
  }

  /** Resolves when the group has given this member its partitions, which may be none, or the session is closed. */
  async joined(): Promise<void> {
    if (this.#hasJoined || this.#closed) return;
    await new Promise<void>((resolve) => this.#tellJoined.push(resolve));
  }

  /** The next turn; empty when nothing comes within `timeoutMs`, after wake() and after close(). */
  async take(timeoutMs: number): Promise<KafkaMessage[]> {
    this.#handover.endTurn();
    await this.committer.commitWhenDue();
    await this.#meetTheGroup();
    const until = Date.now() + timeoutMs;
    this.#woken = false;
    while (!this.#closed) {
      if (this.#fatal !== null) throw this.#fatal;
      const messages = this.isRebalancing ? [] : this.partitions.take(this.recordsPerTurn);
      this.#fetcher.fill();
      if (messages.length > 0) {
        this.#handover.beginTurn(this.by.settings.group.rebalanceTimeout, () => this.#leaveOverdue());
        return messages;
      }
      const left = until - Date.now();
      if (left <= 0 || this.#woken) return [];
      await this.#news.wait(left);
      await this.committer.commitWhenDue();
      await this.#meetTheGroup();
    }
    return [];
  }

  /** Ends a take() that is waiting. */
  wake(): void {
    this.#woken = true;
    this.#news.wake();
  }

  /** Hands out again what was handed out and is not done. */
  rewind(): void {
    this.partitions.rewind();
    this.#fetcher.fill();
  }

  /** Asks the brokers for the ends of the assigned partitions. What they do not tell within 2 s stays as it was. */
  async refreshEnds(): Promise<void> {
    const client = this.#member.client;
    if (client !== null) await this.#assignment.refreshEnds(client);
  }

  /** Commits what is done (with automatic commits), leaves the group and closes the client. Call it once. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#news.wake();
    this.#handover.endTurn();
    this.#fetcher.stop();
    this.#assignment.stop();
    await this.committer.commitUnasked(LAST_COMMIT_MS);
    this.#letGo();
    await this.#member.leave();
    this.#announceJoined();
  }

  /** Between turns: lets go of the partitions when the group waits for that, and comes back after having been away. */
  async #meetTheGroup(): Promise<void> {
    if (this.#closed) return;
    if (this.isRebalancing) {
      // The last moment: who has the partitions next begins from here.
      await this.committer.commitUnasked();
      this.#letGo();
    }
    this.#member.join();
  }

  /** Like Kafka's Java client: who does not poll does not work, and others shall have its partitions. */
  #leaveOverdue(): void {
    this.log.warn(
      `${this.#serviceName}: a turn has taken longer than max_poll_interval_ms ` +
        `(${this.by.settings.group.rebalanceTimeout} ms): it leaves the group, and what it does now will be done ` +
        'again by others. Increase max_poll_interval_ms or decrease max_poll_records.',
    );
    this.#letGo();
    this.#unattended(this.#member.leave());
  }

  #letGo(): void {
    this.#assignment.drop();
    this.#handover.letGo();
  }

  /** A rebalance: resolves when the owner is between two turns, which is now when it has no partitions. */
  #revoking(): Promise<void> {
    if (this.partitions.size === 0 || this.#closed) {
      this.#letGo();
      return Promise.resolve();
    }
    const letGo = this.#handover.untilLetGo();
    this.#news.wake();
    // Nobody polls and nothing is handed out: nobody would ever let go.
    if (!this.#handover.isWorking && !this.isRead()) this.#unattended(this.#meetTheGroup());
    return letGo;
  }

  async #assigned(client: MemberClient, assigned: TopicPartitions[]): Promise<void> {
    this.#letGo();
    this.#rebalances += 1;
    this.#counts.forget();
    try {
      if (!(await this.#assignment.take(client, assigned))) return;
      this.log.info(
        `${this.#serviceName}: joined ${this.by.config.consumerGroupId} with ${listed(assigned)}, ` +
          `messages a turn: ${this.recordsPerTurn} (settings: ${this.by.config.source})`,
      );
    } catch (error) {
      // It is a member all the same: joined() resolves, and take() says what is wrong.
      this.#fail(error);
    }
    this.#hasJoined = true;
    this.#announceJoined();
    this.#news.wake();
    this.#fetcher.fill();
  }

  #announceJoined(): void {
    for (const tell of this.#tellJoined.splice(0)) tell();
  }

  async #reset(partition: OwnedPartition): Promise<void> {
    const client = this.#member.client;
    if (client === null) return;
    try {
      await this.#assignment.reset(client, partition);
    } catch (error) {
      this.#fail(error);
    }
    this.#fetcher.fill();
  }

  /** Nobody waits for this work: take() tells of its failure. */
  #unattended(work: Promise<void>): void {
    work.catch((error: unknown) => this.#fail(error));
  }

  #fail(error: unknown): void {
    this.#fatal = error as Error;
    this.#news.wake();
  }

  #roomToFetch(): FetchSource | null {
    const client = this.#member.client;
    const pool = this.#member.pool;
    if (this.#closed || client === null || pool === null) return null;
    return this.partitions.buffered() < this.recordsPerTurn ? { client, pool } : null;
  }

  #hasBroker(): boolean {
    const known = this.#member.client?.currentMetadata;
    return known !== undefined && this.by.topics.every((topic) => known.topics.has(topic));
  }

  #lookForMore(metadata: ClusterMetadata): void {
    const grown = this.#counts.look(metadata);
    if (grown === null) return;
    this.log.info(`${this.#serviceName}: the partitions of ${grown.topic} are ${grown.partitions} now; joins anew`);
    this.#unattended(this.#member.rejoin());
  }
}

function listed(assigned: TopicPartitions[]): string {
  if (assigned.length === 0) return 'no partitions';
  return assigned.map(({ topic, partitions }) => `${topic}[${partitions.join(',')}]`).join(' ');
}
