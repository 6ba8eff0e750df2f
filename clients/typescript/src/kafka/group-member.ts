import { setTimeout as sleep } from 'node:timers/promises';

import type { ConnectionPool } from '@platformatic/kafka';

import type { Translation } from '../config/translation.js';
import { describe, type Logger } from '../log.js';
import { Backoff, Waits, within } from '../timing.js';
import { assignors, type TopicPartitions } from './assignors.js';
import type { LibraryOptions } from './library-options.js';
import { MemberClient } from './member-client.js';

export interface GroupMemberSettings {
  library: LibraryOptions;
  groupId: string;
  topics: string[];
  group: Translation['group'];
}

/** What a member's owner is told. */
export interface GroupMemberEvents {
  /** These partitions are ours from now on, and no others. */
  assigned(client: MemberClient, partitions: TopicPartitions[]): void;
  /** A rebalance: resolves when what was assigned has been let go of. Called several times for one rebalance. */
  revoking(): Promise<void>;
  /** Others may have the partitions by now. */
  lost(): void;
}

/** For each step of leaving. */
const LEAVE_MS = 1_000;
/** Heartbeats that fail in a row before the client is made anew, which looks for the group's coordinator again. */
const FAILED_BEATS = 3;

/**
 * Membership of a consumer group that mends itself: a client that failed (coordinator moved, broker gone, no such
 * topic) is closed and another one made, until close().
 * Owns: the client, which changes; what assigned() is given is good until the next of its events.
 */
export class GroupMember {
  readonly #waits = new Waits();
  readonly #backoff = new Backoff(100, 5_000);
  #client: MemberClient | null = null;
  #pool: ConnectionPool | null = null;
  #wanted = false;
  #running: Promise<void> = Promise.resolve();
  #endRound: ((why: Error | null) => void) | null = null;
  #lastProblem = '';
  #failedBeats = 0;
  #joinedAt = 0;
  #isJoined = false;

  constructor(
    private readonly settings: GroupMemberSettings,
    private readonly events: GroupMemberEvents,
    private readonly log: Logger,
  ) {}

  /** Joins, and stays a member. Does nothing when it is one. */
  join(): void {
    if (this.#wanted) return;
    this.#wanted = true;
    this.#running = this.#running.then(() => this.#stayJoined());
  }

  /** Leaves the group so that others have the partitions at once. join() may follow. */
  async leave(): Promise<void> {
    this.#wanted = false;
    this.#endRound?.(null);
    this.#waits.wake();
    await this.#running;
  }

  get client(): MemberClient | null {
    return this.#client;
  }

  /** Connections for fetches, of the client's life. */
  get pool(): ConnectionPool | null {
    return this.#pool;
  }

  /** Why it is no member at the moment; "" when nothing is wrong. */
  get lastProblem(): string {
    return this.#lastProblem;
  }

  /** Joins anew, so that the group shares out what there is now. */
  async rejoin(): Promise<void> {
    await this.#client?.joinGroup({}).catch((error: unknown) => this.#endRound?.(error as Error));
  }

  async #stayJoined(): Promise<void> {
    while (this.#wanted) {
      const why = await this.#round();
      this.#isJoined = false;
      this.events.lost();
      if (!this.#wanted) return;
      if (why !== null) this.#say(why);
      await this.#waits.wait(this.#backoff.next());
    }
  }

  #say(why: Error): void {
    const problem = describe(why);
    if (problem === this.#lastProblem) return;
    this.#lastProblem = problem;
    this.log.warn(`${this.settings.groupId}: not a member of the group, tries again: ${problem}`);
  }

  /** One client's life: until leave(), or an error. */
  async #round(): Promise<Error | null> {
    const client = this.#make();
    const ended = new Promise<Error | null>((resolve) => {
      this.#endRound = resolve;
    });
    client.on('error', (error: unknown) => this.#endRound?.(error as Error));
    client.on('consumer:group:join', (joined) => {
      this.#isJoined = true;
      this.#joinedAt = Date.now();
      this.#failedBeats = 0;
      this.#lastProblem = '';
      this.#backoff.reset();
      this.events.assigned(client, joined.assignments ?? []);
    });
    client.on('consumer:heartbeat:end', () => {
      this.#failedBeats = 0;
    });
    client.on('consumer:heartbeat:error', ({ error }) => {
      this.#failedBeats += 1;
      if (this.#failedBeats >= FAILED_BEATS || isNotCoordinator(error)) this.#endRound?.(error);
    });
    const watch = setInterval(() => this.#watch(client), this.settings.group.heartbeatInterval);
    try {
      const joining = this.#joinFirst(client).then(() => ended);
      return await Promise.race([joining, ended]);
    } catch (error) {
      return error as Error;
    } finally {
      clearInterval(watch);
      this.#endRound = null;
      await this.#dispose(client);
    }
  }

  #make(): MemberClient {
    const { library, groupId, group } = this.settings;
    const assignor = assignors[group.assignor];
    const client = new MemberClient({
      ...library,
      groupId,
      sessionTimeout: group.sessionTimeout,
      heartbeatInterval: group.heartbeatInterval,
      rebalanceTimeout: group.rebalanceTimeout,
      // Version 0 is what the library writes: version 1 would have the owned partitions, too, and other clients that
      // lead the group would look for them.
      protocols: [{ name: group.assignor, version: 0 }],
      partitionAssigner: (_leader, members, _topics, metadata) => {
        const known = [...members.values()].map(({ memberId, topics }) => ({ memberId, topics: topics ?? [] }));
        const shares = assignor(known, (topic) => metadata.topics.get(topic)?.partitionsCount ?? 0);
        return [...shares].map(([memberId, share]) => ({
          memberId,
          assignments: new Map(share.map((one) => [one.topic, one])),
        }));
      },
    });
    client.beforeJoin = () => this.#beforeJoin(client);
    this.#client = client;
    this.#pool = client.newPool();
    return client;
  }

  async #joinFirst(client: MemberClient): Promise<void> {
    // Says which topic it is that is not there.
    await client.metadata({ topics: [...this.settings.topics] });
    for (const topic of this.settings.topics) client.topics.track(topic);
    await client.joinGroup({});
  }

  /** The owner lets go; the broker hears of us meanwhile, as it does of Kafka's Java client. */
  async #beforeJoin(client: MemberClient): Promise<void> {
    this.#isJoined = false;
    const beats = setInterval(() => {
      client.beat().catch(() => undefined);
    }, this.settings.group.heartbeatInterval);
    try {
      if (client.closing !== true) await this.events.revoking();
    } finally {
      clearInterval(beats);
    }
  }

  /** A broker that does not answer at all is noticed by nothing else. */
  #watch(client: MemberClient): void {
    if (!this.#isJoined) return;
    const heard = Math.max(this.#joinedAt, client.lastHeartbeat?.getTime() ?? 0);
    const silence = Date.now() - heard;
    if (silence > this.settings.group.sessionTimeout + this.settings.group.heartbeatInterval) {
      this.#endRound?.(new Error(`the group's coordinator has not answered for ${silence} ms`));
    }
  }

  async #dispose(client: MemberClient): Promise<void> {
    client.closing = true;
    const pool = this.#pool;
    this.#client = null;
    this.#pool = null;
    // The library's types take these for calls with a callback, which return nothing.
    const briefly = (step: void | Promise<void>): Promise<void> =>
      Promise.race([Promise.resolve(step), sleep(300, undefined, { ref: false })]);
    const steps: [string, () => Promise<unknown>][] = [
      ['to leave the group', () => client.leaveNow()],
      ['to end the membership', () => briefly(client.leaveGroup(true))],
      ['to close the client', () => briefly(client.close(true))],
      ['to close its connections', () => client.connections.close()],
      ['to close the connections', async () => pool?.close()],
    ];
    for (const [what, step] of steps) {
      try {
        await within(LEAVE_MS, what, step());
      } catch {
        // The next step is closer to pulling the plug.
      }
    }
  }
}

function isNotCoordinator(error: unknown): boolean {
  const found = (error as { findBy?: (property: string, value: unknown) => unknown }).findBy?.(
    'apiId',
    'NOT_COORDINATOR',
  );
  return found !== null && found !== undefined;
}
