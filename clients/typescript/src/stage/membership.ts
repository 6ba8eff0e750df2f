import type { KafkaConsumerConfigLoader } from '../config-loader.js';
import type { ConsumerConfig } from '../consumer-config.js';
import { OptimizedConsumer } from '../consumer.js';
import type { Logger } from '../log.js';
import { sameClient } from '../translate.js';
import type { StageTally } from './report.js';
import type { CompleteSettings } from './settings.js';
import { END_STEP_MS } from './stop.js';

/**
 * A stage's consumer, and the settings that it is made by, which may change in the database while the stage works.
 * Owns: the consumer, from join() to leave(); follow() may replace it.
 */
export class StageMembership {
  #wanted: ConsumerConfig | null = null; // what the database says
  #config: ConsumerConfig | null = null; // what the consumer was made by
  #consumer: OptimizedConsumer | null = null;

  constructor(
    private readonly settings: CompleteSettings,
    private readonly loader: KafkaConsumerConfigLoader,
    private readonly tally: StageTally,
    private readonly log: Logger,
  ) {}

  /** null before join(), and after leave(). */
  get consumer(): OptimizedConsumer | null {
    return this.#consumer;
  }

  /** After the first look(). */
  get config(): ConsumerConfig {
    return this.#config!;
  }

  /** Asks the loader what the settings are; how old they may be is its own affair. */
  async look(): Promise<void> {
    this.#wanted = await this.loader.loadConfig(this.settings.serviceName);
    this.#config ??= this.#configOf(this.#wanted);
  }

  join(): void {
    const { topics, brokers, kafka } = this.settings;
    this.#consumer = new OptimizedConsumer(this.config, topics, brokers, { ...kafka, log: this.log });
    this.#consumer.join();
  }

  /** Between turns: takes up what look() found, with another consumer if that needs one. */
  async follow(): Promise<void> {
    const before = this.config;
    const wanted = this.#configOf(this.#wanted!);
    if (JSON.stringify(wanted) === JSON.stringify(before)) return;
    this.#config = wanted;
    const { serviceName } = this.settings;
    if (sameClient(before, wanted)) {
      this.#consumer!.setRecordsPerTurn(wanted.maxPollRecords);
      this.log.info(`${serviceName}: ${this.#consumer!.recordsPerTurn} messages a turn from now on`);
      return;
    }
    this.log.info(`${serviceName}: its settings have changed; it leaves the group and joins it anew`);
    await this.leave();
    this.join();
  }

  /** Leaves the group. join() may follow. */
  async leave(): Promise<void> {
    const consumer = this.#consumer;
    this.#consumer = null;
    if (consumer === null) return;
    // What could not be committed with its turn.
    await consumer.commit(END_STEP_MS);
    this.tally.rebalanced(consumer.takeRebalances());
    await consumer.close();
  }

  #configOf(loaded: ConsumerConfig): ConsumerConfig {
    // A group is for life: another one would begin from its own offsets.
    const group = this.#config?.consumerGroupId ?? (this.settings.groupId || loaded.consumerGroupId);
    // Offsets are committed when the work is done.
    return { ...loaded, enableAutoCommit: false, consumerGroupId: group || this.settings.serviceName };
  }
}
