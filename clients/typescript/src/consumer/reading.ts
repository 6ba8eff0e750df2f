import type { KafkaMessage } from '../kafka/message.js';
import { describe, type Logger } from '../log.js';
import { Backoff, Waits } from '../timing.js';
import type { RunOptions } from './consumer-options.js';

/** What the two ways of reading message by message need of a consumer. */
export interface MessageSource {
  readonly serviceName: string;
  readonly log: Logger;
  isClosed(): boolean;
  /** One turn, which may be empty. */
  nextTurn(): Promise<KafkaMessage[]>;
  /** Whether the rest of the turn is not to be worked on: its partition has gone, or the group waits. */
  isTurnOver(message: KafkaMessage): boolean;
  finish(message: KafkaMessage): Promise<void>;
  /** What was handed out and is not finished comes again. */
  rewind(): void;
}

/** Reads a consumer's turns message by message, in one of two ways, of which only one at a time can be had. */
export class Reading {
  readonly #pauses = new Waits();
  #isActive = false;
  #finished: Promise<void> = Promise.resolve();

  get isActive(): boolean {
    return this.#isActive;
  }

  /** Settles with what handle() began. */
  get finished(): Promise<void> {
    return this.#finished;
  }

  /** A message is finished when its handler has returned, and given again when it has failed. Returns at once. */
  handle(source: MessageSource, eachMessage: RunOptions['eachMessage']): void {
    this.#begin();
    this.#finished = this.#handleEach(source, eachMessage).finally(() => {
      this.#isActive = false;
    });
    // Whoever asks for `finished` hears of it; nobody has to.
    this.#finished.catch(() => undefined);
  }

  /** A message is finished when the next one is asked for. */
  async *each(source: MessageSource): AsyncGenerator<KafkaMessage, void, void> {
    this.#begin();
    try {
      while (!source.isClosed()) {
        for (const message of await source.nextTurn()) {
          if (source.isTurnOver(message)) break;
          yield message;
          await source.finish(message);
        }
        source.rewind();
      }
    } finally {
      this.#isActive = false;
    }
  }

  /** Ends the wait before a message that failed is given again. */
  stop(): void {
    this.#pauses.wake();
  }

  #begin(): void {
    if (this.#isActive) throw new Error('one run() or one loop at a time reads from a consumer');
    this.#isActive = true;
  }

  async #handleEach(source: MessageSource, eachMessage: RunOptions['eachMessage']): Promise<void> {
    const backoff = new Backoff(100, 5_000);
    while (!source.isClosed()) {
      for (const message of await source.nextTurn()) {
        if (source.isTurnOver(message)) break;
        try {
          await eachMessage({ topic: message.topic, partition: message.partition, message });
        } catch (error) {
          const at = `${message.topic}[${message.partition}] at ${message.offset}`;
          source.log.warn(`${source.serviceName}: ${at} failed and is given again: ${describe(error)}`);
          await this.#pauses.wait(backoff.next());
          break;
        }
        backoff.reset();
        await source.finish(message);
      }
      source.rewind();
    }
  }
}
