import type { LagRecord } from '../config/config-store.js';
import type { ConsumerConfig } from '../config/consumer-config.js';
import { sameClient } from '../config/translation.js';
import { OptimizedConsumer } from '../consumer/consumer.js';
import type { Logger } from '../log.js';
import type { Tally } from './report.js';
import type { CompleteSettings } from './settings.js';
import { END_STEP_MS } from './stop.js';

/**
 * A stage's place in its group: joining, leaving, and following changed settings.
 * Owns: the consumer, from join() to leave(); follow() may replace it.
 */
export class Membership {
  #config: ConsumerConfig; // what the consumer was made by
  #consumer: OptimizedConsumer | null = null;

  /** By the settings in `loaded` until follow() brings others. */
  constructor(
    private readonly settings: CompleteSettings,
    loaded: ConsumerConfig,
    private readonly tally: Tally,
    private readonly log: Logger,
  ) {
    this.#config = this.#ofGroup(loaded, settings.groupId);
  }

  /** null before join(), and after leave(). */
  get consumer(): OptimizedConsumer | null {
    return this.#consumer;
  }

  get config(): ConsumerConfig {
    return this.#config;
  }

  get group(): string {
    return this.#config.consumerGroupId;
  }

  join(): void {
    const { topics, brokers, kafka } = this.settings;
    this.#consumer = new OptimizedConsumer(this.config, topics, brokers, { ...kafka, log: this.log });
    this.#consumer.join();
  }

  /** Takes these settings from now on, with another consumer if they need one. Between two turns. */
  async follow(loaded: ConsumerConfig): Promise<void> {
    const before = this.#config;
    // A group is for life: another one would begin from its own offsets.
    const wanted = this.#ofGroup(loaded, this.group);
    if (JSON.stringify(wanted) === JSON.stringify(before)) return;
    this.#config = wanted;
    const { serviceName } = this.settings;
    if (sameClient(before, wanted)) {
      this.#consumer!.setRecordsPerTurn(wanted.maxPollRecords);
      this.log.info(`${serviceName}: messages a turn from now on: ${this.#consumer!.recordsPerTurn}`);
      return;
    }
    this.log.info(`${serviceName}: its settings have changed; it leaves the group and joins it anew`);
    await this.leave();
    this.join();
  }

  /** Commits what could not be committed with its turn, and leaves. join() may follow. */
  async leave(): Promise<void> {
    const consumer = this.#consumer;
    this.#consumer = null;
    if (consumer === null) return;
    await consumer.commit(END_STEP_MS);
    this.tally.rebalanced(consumer.takeRebalances());
    await consumer.close();
  }

  /** How to ask for the lag of each partition that is the stage's now. */
  lag(): () => Promise<LagRecord[]> {
    const consumer = this.#consumer;
    const { serviceName } = this.settings;
    const consumerGroupId = this.group;
    return async () => {
      await consumer?.refreshEnds();
      return (consumer?.positionsAndEnds() ?? []).map(({ topic, partition, offset, end }) => {
        return { serviceName, consumerGroupId, topic, partition, currentOffset: offset, endOffset: end };
      });
    };
  }

  /** A stage's own among these settings. `group`: the one that they name, if it is empty or missing. */
  #ofGroup(config: ConsumerConfig, group: string | undefined): ConsumerConfig {
    const consumerGroupId = group || config.consumerGroupId || this.settings.serviceName;
    // Offsets are committed when the work is done.
    return { ...config, enableAutoCommit: false, consumerGroupId };
  }
}
