import type pg from 'pg';

import { KafkaConsumerConfigLoader } from '../config/config-loader.js';
import { openPool } from '../config/own-pool.js';
import { libraryOptions } from '../kafka/library-options.js';
import { consoleLogger, type Logger } from '../log.js';
import { within } from '../timing.js';
import { DeadLetterTopics } from './dead-letters.js';
import { Delivery } from './delivery.js';
import { Loop, type LoopParts } from './loop.js';
import { Membership } from './membership.js';
import type { Headers, StageMessage } from './message.js';
import { Processor } from './processor.js';
import { Producer } from './producer.js';
import { Reporter, Tally } from './report.js';
import { type CompleteSettings, complete, type StageSettings } from './settings.js';
import { END_STEP_MS, Stop } from './stop.js';

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
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- as JSON.parse() gives it
export abstract class BaseKafkaConsumer<Value = any> {
  readonly settings: Readonly<CompleteSettings>;
  protected readonly log: Logger;

  readonly #stop = new Stop();
  readonly #tally = new Tally(performance.now());
  readonly #processor: Processor<Value>;
  #ownPool: pg.Pool | null = null;
  #parts: LoopParts<Value> | null = null;
  #started = false;
  #running = false;

  constructor(settings: StageSettings) {
    this.settings = complete(settings);
    this.log = settings.log ?? consoleLogger;
    const work = (message: StageMessage<Value>): Promise<void> | void => this.processMessage(message);
    this.#processor = new Processor(work, this.settings, this.#stop, this.#tally, this.log);
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
    try {
      await this.onStart();
      this.#parts = await this.#wired();
      this.#parts.reporter.keepLooking();
      this.#parts.membership.join();
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
      if (this.#parts !== null) await new Loop(this.#parts).run();
    } finally {
      await this.#end();
    }
  }

  /** Lets the message at hand end, delivers and commits what is done, and leaves the group; run() resolves then. */
  stop(): void {
    this.#stop.request();
    this.#parts?.membership.consumer?.wake();
  }

  /** The parts, those first that others take from. */
  async #wired(): Promise<LoopParts<Value>> {
    const { serviceName, brokers, kafka, deadLetterSuffix, reportEveryMs } = this.settings;
    const { log } = this;
    const stop = this.#stop;
    const tally = this.#tally;
    const reporter = new Reporter(this.#loader(), serviceName);
    await reporter.look();
    const membership = new Membership(this.settings, reporter.config, tally, log);
    const library = libraryOptions(brokers, kafka.clientId ?? serviceName, PRODUCER_REQUEST_MS, kafka);
    const topics = new DeadLetterTopics(library, log);
    const delivery = new Delivery(
      new Producer(library),
      topics,
      { group: membership.group, deadLetterSuffix },
      stop,
      log,
    );
    return { serviceName, reportEveryMs, reporter, membership, processor: this.#processor, delivery, tally, stop };
  }

  /** null: there is no database. */
  #loader(): KafkaConsumerConfigLoader | null {
    const { pool, databaseUrl, configCacheMs, serviceName } = this.settings;
    if (pool === undefined && databaseUrl !== undefined && databaseUrl !== '') this.#ownPool = openPool(databaseUrl);
    const used = pool ?? this.#ownPool;
    const warn = (text: string): void => this.log.warn(`${serviceName}: ${text}`);
    return used === null ? null : new KafkaConsumerConfigLoader(used, { cacheMs: configCacheMs, warn });
  }

  async #end(): Promise<void> {
    const parts = this.#parts;
    if (parts !== null) {
      parts.reporter.close();
      // The last report asks for the partitions that are given up next.
      await within(END_STEP_MS, 'the last report', parts.reporter.flush()).catch(() => undefined);
      await parts.membership.leave();
      await parts.delivery.close();
    }
    await this.onStop();
    if (this.#ownPool !== null) {
      await within(END_STEP_MS, 'to close the database', this.#ownPool.end()).catch(() => undefined);
    }
  }
}
