import type pg from 'pg';

import { KafkaConsumerConfigLoader, type LagRecord } from './config-loader.js';
import type { DatabasePool } from './database.js';
import { libraryOptions } from './kafka/library-options.js';
import { consoleLogger, type Logger } from './log.js';
import { StageDelivery } from './stage/delivery.js';
import { StageMembership } from './stage/membership.js';
import type { Headers, StageMessage } from './stage/message.js';
import type { Result } from './stage/output.js';
import { openPool } from './stage/own-pool.js';
import { StageProcessor } from './stage/processor.js';
import { StageProducer } from './stage/producer.js';
import { StageReporter, StageTally } from './stage/report.js';
import { type CompleteSettings, complete, type StageSettings } from './stage/settings.js';
import { END_STEP_MS, StageStop } from './stage/stop.js';
import { within } from './timing.js';

const POLL_MS = 100;
const COMMIT_MS = 5_000;
/** How often the loader is asked for the settings; how old they may be is its own affair. */
const LOOK_MS = 1_000;
const PRODUCER_REQUEST_MS = 30_000;

/**
 * A stage of a pipeline: derive, implement processMessage(), call sendToTopic() in it, then `await start()` and
 * `await run()`, or {@link runUntilSignalled}.
 *
 *     take a turn of messages -> process each (again with backoff when it throws; then to <topic>.dlq)
 *     -> outputs acknowledged by all in-sync replicas -> offsets committed
 *
 * At least once: whatever happens, every message is processed; after a crash or a rebalance some are processed again.
 * Owns:  consumer, producer, loader, and the connections to the database if it was given an address and no pool.
 * Fails: run() rejects for what does not pass by itself, and with whatever onStart() throws.
 */
export abstract class BaseKafkaConsumer<Value = any> {
  readonly settings: Readonly<CompleteSettings>;
  protected readonly log: Logger;

  readonly #stop = new StageStop();
  readonly #tally = new StageTally(performance.now());
  readonly #pool: DatabasePool | null;
  readonly #ownPool: pg.Pool | null;
  readonly #membership: StageMembership;
  readonly #processor: StageProcessor<Value>;
  readonly #reporter: StageReporter;
  #producer: StageProducer | null = null;
  #delivery: StageDelivery | null = null;
  #timers: NodeJS.Timeout[] = [];
  #started = false;
  #running = false;

  constructor(settings: StageSettings) {
    this.settings = complete(settings);
    this.log = settings.log ?? consoleLogger;
    const { pool, databaseUrl, configCacheMs, serviceName } = this.settings;
    this.#ownPool =
      pool === undefined && databaseUrl !== undefined && databaseUrl !== '' ? openPool(databaseUrl) : null;
    this.#pool = pool ?? this.#ownPool;
    const warn = (text: string): void => this.log.warn(`${serviceName}: ${text}`);
    const loader = new KafkaConsumerConfigLoader(this.#pool, { cacheMs: configCacheMs, warn });
    this.#reporter = new StageReporter(loader);
    this.#membership = new StageMembership(this.settings, loader, this.#tally, this.log);
    const work = (message: StageMessage<Value>): Promise<void> | void => this.processMessage(message);
    this.#processor = new StageProcessor(work, this.settings, this.#stop, this.#tally, this.log);
  }

  /** One message. A rejection means that it failed: tried again, then a dead letter. */
  protected abstract processMessage(message: StageMessage<Value>): Promise<void> | void;
  /** Called by start(), before anything is consumed. */
  protected onStart(): Promise<void> | void {}
  /** Called at the end of run(), also when it fails. */
  protected onStop(): Promise<void> | void {}

  /**
   * Only from processMessage(). Goes out when the message is done; nothing of a message that failed is sent.
   * `value`: text and bytes as they are, anything else as JSON. Messages of one key stay in order; one without a key
   * goes to any partition.
   */
  protected sendToTopic(topic: string, value: unknown, key?: string | Buffer | null, headers: Headers = {}): void {
    this.#processor.send(topic, value, key ?? null, headers);
  }

  /** Loads the settings and asks to be a member of the group. run() does it, too, if it was not called before. */
  async start(): Promise<void> {
    if (this.#started) return;
    this.#started = true;
    const { serviceName, brokers, kafka, deadLetterSuffix } = this.settings;
    try {
      await this.onStart();
      await this.#membership.look();
      const options = libraryOptions(brokers, kafka.clientId ?? serviceName, PRODUCER_REQUEST_MS, kafka);
      this.#producer = new StageProducer(options, this.log);
      const group = this.#membership.config.consumerGroupId;
      this.#delivery = new StageDelivery(this.#producer, deadLetterSuffix, group, this.#stop, this.log);
      this.#membership.join();
      this.#timers.push(setInterval(() => void this.#membership.look(), LOOK_MS));
      this.#timers.push(setInterval(() => this.#report(), this.settings.reportEveryMs));
    } catch (error) {
      await this.#end();
      throw error;
    }
  }

  /** Works until stop(). Then it has delivered and committed what is done, and left the group. */
  async run(): Promise<void> {
    if (this.#running) throw new Error('run() is called once');
    this.#running = true;
    await this.start();
    try {
      while (!this.#stop.requested) {
        await this.#membership.follow();
        await this.#turn();
      }
      await this.#reporter.flush();
      this.#report();
    } finally {
      await this.#end();
    }
  }

  /** Lets the message at hand end, delivers and commits what is done, and leaves the group; run() resolves then. */
  stop(): void {
    this.#stop.request();
    this.#membership.consumer?.wake();
  }

  async #turn(): Promise<void> {
    const consumer = this.#membership.consumer!;
    const { consumerGroupId: group, maxPollIntervalMs } = this.#membership.config;
    const messages = await consumer.poll(POLL_MS);
    if (messages.length === 0) {
      // What an earlier turn could not commit.
      await consumer.commit(COMMIT_MS);
      return;
    }
    // A turn that takes longer would cost the membership, and all of it would be done again, for ever.
    const until = Date.now() + maxPollIntervalMs / 2;
    const limits = { group, maxPollIntervalMs, isAwaited: () => consumer.rebalancing };
    const results: Result[] = [];
    for (const message of messages) {
      if (this.#stop.requested || Date.now() >= until || consumer.rebalancing || !consumer.owns(message)) break;
      const result = await this.#processor.process(message, limits);
      if (result === null) break;
      results.push(result);
    }
    this.#stop.restart();
    if (results.length > 0 && (await this.#delivery!.deliver(results))) {
      for (const { message } of results) consumer.done(message);
      await consumer.commit(COMMIT_MS);
    }
    if (!this.#stop.requested) consumer.rewind();
  }

  #report(): void {
    const consumer = this.#membership.consumer;
    if (this.#pool === null || consumer === null || this.#reporter.busy) return;
    this.#tally.rebalanced(consumer.takeRebalances());
    const { serviceName } = this.settings;
    const metrics = this.#tally.take(serviceName, performance.now());
    const { consumerGroupId } = this.#membership.config;
    this.#reporter.post(metrics, async (): Promise<LagRecord[]> => {
      await consumer.refreshEnds();
      return consumer.positionsAndEnds().map(({ topic, partition, offset, end }) => {
        return { serviceName, consumerGroupId, topic, partition, currentOffset: offset, endOffset: end };
      });
    });
  }

  async #end(): Promise<void> {
    for (const timer of this.#timers.splice(0)) clearInterval(timer);
    // The last report asks for the partitions that are given up next.
    await within(END_STEP_MS, 'the last report', this.#reporter.flush()).catch(() => undefined);
    await this.#membership.leave();
    await this.#producer?.close();
    await this.onStop();
    if (this.#ownPool !== null) {
      await within(END_STEP_MS, 'to close the database', this.#ownPool.end()).catch(() => undefined);
    }
  }
}
