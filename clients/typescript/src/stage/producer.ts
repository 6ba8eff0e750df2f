import { compatibilityPartitioner, Producer as LibraryProducer } from '@platformatic/kafka';

import type { LibraryOptions } from '../kafka/library-options.js';
import { describe } from '../log.js';
import { within } from '../timing.js';
import type { Output } from './turn.js';

/** Brokers will never take this message, whatever is tried. */
export class RefusedError extends Error {
  override name = 'RefusedError';
}

/** Not the messages' fault, but the message's own: which errors of a broker mean that. */
const REFUSALS = ['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE', 'INVALID_RECORD'];
const SEND_MS = 20_000;

/**
 * Sends messages with all in-sync replicas' acknowledgement, by an idempotent producer.
 * One send() at a time: the library numbers the messages of a request when it is made and counts on when it is
 * acknowledged, so of two at once a broker would drop the second as a repetition of the first. And one that failed may
 * be in the log or not: what comes next has a new producer, whose numbers begin anew. So a failure may leave
 * repetitions, and never a gap.
 */
export class Producer {
  #producer: LibraryProducer | null = null;

  constructor(private readonly library: LibraryOptions) {}

  /**
   * Resolves when all are acknowledged. In order within a partition.
   * Fails: {@link RefusedError} when one of them, it is not said which, will never be taken; other errors pass.
   */
  async send(outputs: Output[]): Promise<void> {
    if (outputs.length === 0) return;
    this.#producer ??= new LibraryProducer({
      ...this.library,
      idempotent: true,
      retries: 2,
      retryDelay: 200,
      autocreateTopics: true,
      partitioner: (_message, key) => (key === undefined ? this.#any() : compatibilityPartitioner(_message, key)),
    });
    const messages = outputs.map(({ topic, key, value, headers, partition }) => ({
      topic,
      ...(key === null ? {} : { key }),
      ...(value === null ? {} : { value }),
      ...(partition === undefined ? {} : { partition }),
      // By their bytes' identity, so that a name may be there twice.
      headers: new Map(headers.map((header) => [Buffer.from(header.key), header.value as Buffer])),
    }));
    try {
      await within(SEND_MS, 'to send', this.#producer.send({ messages }));
    } catch (error) {
      await this.close();
      if (isRefusal(error)) throw new RefusedError(describe(error));
      throw error;
    }
  }

  async close(): Promise<void> {
    const producer = this.#producer;
    this.#producer = null;
    if (producer === null) return;
    await within(500, 'to close', producer.close()).catch(() => undefined);
    await within(500, 'to close', producer.connections.close()).catch(() => undefined);
  }

  #any(): number {
    // The library takes it modulo the count of partitions.
    return Math.floor(Math.random() * 2 ** 30);
  }
}

function isRefusal(error: unknown): boolean {
  const find = (error as { findBy?: (property: string, value: unknown) => unknown }).findBy;
  return find !== undefined && REFUSALS.some((id) => Boolean(find.call(error, 'apiId', id)));
}
