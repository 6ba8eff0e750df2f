import type { Translation } from '../config/translation.js';
import { describe, type Logger } from '../log.js';
import { within } from '../timing.js';
import type { MemberClient } from './member-client.js';
import type { Partitions } from './partitions.js';

/** Whether and how often offsets are committed without being asked for. */
export type AutoCommit = Pick<Translation['own'], 'enableAutoCommit' | 'autoCommitIntervalMs'>;

const COMMIT_MS = 10_000;

/** Commits what is done, one commit at a time, or an older one could overtake. */
export class Committer {
  #committing: Promise<boolean> = Promise.resolve(true);
  #last = Date.now();
  #lastProblem = '';

  constructor(
    private readonly serviceName: string,
    private readonly partitions: Partitions,
    private readonly client: () => MemberClient | null,
    private readonly auto: AutoCommit,
    private readonly log: Logger,
  ) {}

  /** With automatic commits: commits when the last one was begun long enough ago. */
  async commitWhenDue(): Promise<void> {
    if (Date.now() - this.#last >= this.auto.autoCommitIntervalMs) await this.commitUnasked();
  }

  /** With automatic commits: commits now, since what is done is about to be somebody else's. */
  async commitUnasked(withinMs: number = COMMIT_MS): Promise<void> {
    if (this.auto.enableAutoCommit) await this.commit(withinMs);
  }

  /** False when it could not be done, which is logged. */
  async commit(withinMs: number = COMMIT_MS): Promise<boolean> {
    this.#committing = this.#committing.then(() => this.#commit(withinMs));
    return this.#committing;
  }

  async #commit(withinMs: number): Promise<boolean> {
    this.#last = Date.now();
    const positions = this.partitions.uncommitted();
    if (positions.length === 0) return true;
    try {
      const client = this.client();
      if (client === null) throw new Error('not a member of the group at the moment');
      const offsets = positions.map((at) => ({ ...at, leaderEpoch: -1 }));
      await within(withinMs, 'to commit', client.commit({ offsets }));
    } catch (error) {
      const problem = describe(error);
      if (problem !== this.#lastProblem)
        this.log.warn(`${this.serviceName}: offsets are not committed yet: ${problem}`);
      this.#lastProblem = problem;
      return false;
    }
    this.partitions.committed(positions);
    this.#lastProblem = '';
    return true;
  }
}
