import type { ConsumerConfig } from '../config/consumer-config.js';
import { RECORDS_MAX, translate } from '../config/translation.js';
import { GroupSession } from '../kafka/group-session.js';
import { libraryOptions } from '../kafka/library-options.js';
import type { KafkaMessage } from '../kafka/message.js';
import type { PositionAndEnd } from '../kafka/partitions.js';
import { consoleLogger, type Logger } from '../log.js';
import type { ConsumerOptions, RunOptions } from './consumer-options.js';
import { type MessageSource, Reading } from './reading.js';

const POLL_MS = 1_000;

/**
 * A member of a consumer group that takes messages in turns of `maxPollRecords` at most. Use one of
 *
 *     await consumer.run({ eachMessage: async ({ topic, partition, message }) => { ... } });
 *     for await (const message of consumer) { ... }
 *     const messages = await consumer.poll(500);
 *
 * At least once: a message is done when its handler has returned, when the loop asks for the next one, or when poll()
 * is called again. With `enableAutoCommit` the offsets of what is done are committed every `autoCommitIntervalMs`,
 * before partitions are given up, and by close(); without it they are committed by commit() only.
 * A member whose handler takes longer than `maxPollIntervalMs` leaves the group, and comes back when it is done.
 *
 * Owns:  the Kafka client. close() it: it holds the process.
 * Fails: poll(), the loop and {@link finished} for what does not pass by itself (no offset and `auto_offset_reset` is
 *        `none`). What passes (brokers away, a topic that is not there yet) is logged and tried again.
 */
export class OptimizedConsumer implements AsyncIterable<KafkaMessage> {
  readonly #config: ConsumerConfig;
  readonly #log: Logger;
  readonly #startWithinMs: number;
  readonly #session: GroupSession;
  readonly #reading = new Reading();
  #closing: Promise<void> | null = null;

  /** See {@link KafkaConsumerConfigLoader.createConsumer}, which loads the config and calls start(). */
  constructor(config: ConsumerConfig, topics: string[], brokers: string[], options: ConsumerOptions = {}) {
    if (topics.length === 0) throw new Error('a consumer needs a topic');
    if (brokers.length === 0) throw new Error('a consumer needs the address of a broker');
    this.#config = { ...config };
    this.#log = options.log ?? consoleLogger;
    this.#startWithinMs = options.startWithinMs ?? 30_000;
    const settings = translate(config);
    for (const warning of settings.warnings) this.#log.warn(`${config.serviceName}: ${warning}`);
    const clientId = options.clientId ?? config.serviceName;
    const library = libraryOptions(brokers, clientId, settings.requestTimeout, options);
    this.#session = new GroupSession(
      { config: this.#config, settings, topics: [...new Set(topics)], library },
      () => this.#reading.isActive,
      this.#log,
    );
  }

  /** The settings that it consumes by. */
  get config(): ConsumerConfig {
    return { ...this.#config };
  }

  get recordsPerTurn(): number {
    return this.#session.recordsPerTurn;
  }

  /** The one setting that can be changed while the consumer lives. */
  setRecordsPerTurn(records: number): void {
    this.#session.recordsPerTurn = Math.min(Math.max(1, Math.trunc(records)), RECORDS_MAX);
  }

  /** How often the group has shared the partitions out since the last call. */
  takeRebalances(): number {
    return this.#session.takeRebalances();
  }

  /** True while the group waits for this member to end its turn and call poll(). */
  get rebalancing(): boolean {
    return this.#session.isRebalancing;
  }

  /** Asks to be a member, and stays one, whatever happens. start() also waits for the brokers. */
  join(): void {
    if (this.#session.isClosed) throw new Error('the consumer is closed');
    this.#session.join();
  }

  /** Ends a poll() that is waiting. */
  wake(): void {
    this.#session.wake();
  }

  /** Asks to be a member. Rejects when no broker answers, or a topic is not there, within `startWithinMs`. */
  async start(): Promise<void> {
    this.join();
    await this.#session.subscribed(this.#startWithinMs);
  }

  /** Resolves when the group has given this member its partitions, which may be none. */
  async joined(): Promise<void> {
    await this.#session.joined();
  }

  /** The partitions that are assigned to this member. */
  assignment(): { topic: string; partition: number }[] {
    return this.#session.partitions.all().map(({ topic, partition }) => ({ topic, partition }));
  }

  /**
   * One turn: as soon as there are messages, those that are there, at most `recordsPerTurn`. Empty when none come
   * within `timeoutMs`, and after close(). What the turn before held is done, unless `enableAutoCommit` is false.
   */
  async poll(timeoutMs: number): Promise<KafkaMessage[]> {
    if (this.#config.enableAutoCommit) this.#session.partitions.finishAll();
    return this.#session.take(timeoutMs);
  }

  /** Whether the message's partition has been this member's since the message was handed out. */
  owns(message: KafkaMessage): boolean {
    return this.#session.partitions.owns(message);
  }

  /** Marks a message, and those before it in its partition, as done. False when its partition has gone. */
  done(message: KafkaMessage): boolean {
    return this.#session.partitions.finish(message);
  }

  /** Hands out again, from the next poll() on, what was handed out and is not done. */
  rewind(): void {
    this.#session.rewind();
  }

  /**
   * Commits what is done. False: not now (a rebalance is under way, no broker answers), which is logged. Whoever owns
   * the partitions begins again from what was committed before, unless a later commit() goes through.
   */
  async commit(withinMs?: number): Promise<boolean> {
    return this.#session.committer.commit(withinMs);
  }

  /**
   * For each assigned partition how far the work is and where the log ends, by what was last heard; no request. Those
   * that nothing was heard of are left out.
   */
  positionsAndEnds(): PositionAndEnd[] {
    return this.#session.partitions.positionsAndEnds();
  }

  /** Asks the brokers for the ends of the assigned partitions. What they do not tell within 2 s stays as it was. */
  async refreshEnds(): Promise<void> {
    await this.#session.refreshEnds();
  }

  /**
   * Gives each message to `eachMessage`, one after the other, until close(). Resolves as soon as that has begun, as
   * kafkajs' run() does; {@link finished} tells when it ends.
   */
  async run(options: RunOptions): Promise<void> {
    this.#reading.handle(this.#source(), options.eachMessage);
  }

  /** Resolves when what run() began has ended after close(); rejects when it cannot go on. */
  get finished(): Promise<void> {
    return this.#reading.finished;
  }

  /** A message is done when the next one is asked for. Breaking out of the loop leaves the last one undone. */
  async *[Symbol.asyncIterator](): AsyncGenerator<KafkaMessage, void, void> {
    yield* this.#reading.each(this.#source());
  }

  /** Commits what is done (with `enableAutoCommit`), leaves the group and closes the client. May be called again. */
  async close(): Promise<void> {
    this.#closing ??= this.#session.close();
    // A message that failed waits to be given again, which it is not any more.
    this.#reading.stop();
    await this.#closing;
  }

  /** The same, as kafkajs calls it. */
  async disconnect(): Promise<void> {
    await this.close();
  }

  #source(): MessageSource {
    const session = this.#session;
    return {
      serviceName: this.#config.serviceName,
      log: this.#log,
      isClosed: () => session.isClosed,
      nextTurn: () => session.take(POLL_MS),
      isTurnOver: (message) => session.isClosed || session.isRebalancing || !session.partitions.owns(message),
      finish: async (message) => {
        session.partitions.finish(message);
        await session.committer.commitWhenDue();
      },
      // Not the session's rewind(), which fetches at once: what comes next is nextTurn(), which does.
      rewind: () => session.partitions.rewind(),
    };
  }
}
