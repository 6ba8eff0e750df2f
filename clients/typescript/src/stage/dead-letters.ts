import { Admin } from '@platformatic/kafka';

import type { LibraryOptions } from '../kafka/library-options.js';
import type { KafkaMessage } from '../kafka/message.js';
import type { Logger } from '../log.js';
import { within } from '../timing.js';
import type { Output } from './turn.js';

export type DeadLetterReason = 'processing_failed' | 'output_refused';

const LEFT_OUT = 'dlq.left_out';
/** Of a header of a dead letter whose message does not fit into the topic. */
const SHORT = 1_000;
const ADMIN_MS = 5_000;

/** The message with its key, value and headers, and with headers that say where it was and why it is here. Pure. */
export function deadLetterOf(
  message: KafkaMessage,
  topic: string,
  group: string,
  reason: DeadLetterReason,
  why: string,
): Output {
  const headers = message.headers.map(({ key, value }) => ({ key, value }));
  const add = (key: string, value: string): void => void headers.push({ key, value: Buffer.from(value) });
  add('dlq.topic', message.topic);
  add('dlq.partition', String(message.partition));
  add('dlq.offset', String(message.offset));
  if (message.timestamp >= 0) add('dlq.timestamp', String(message.timestamp));
  add('dlq.group', group);
  add('dlq.reason', reason);
  add('dlq.message', why);
  return {
    topic,
    key: message.key,
    value: message.value,
    headers,
    partition: message.partition,
    deadLetterOf: message,
  };
}

/** What can still be told of a message that is too large for the dead-letter topic: where it is. Pure. */
export function bareDeadLetterOf(deadLetter: Output, why: string): Output {
  const headers = deadLetter.headers
    .filter(({ key }) => key.startsWith('dlq.') && key !== LEFT_OUT)
    .map(({ key, value }) => ({ key, value: value === null ? null : value.subarray(0, SHORT) }));
  headers.push({ key: LEFT_OUT, value: Buffer.from(`key, value and headers: ${why}`.slice(0, SHORT)) });
  return { ...deadLetter, key: null, value: null, headers };
}

export function isBare(output: Output): boolean {
  return output.headers.at(-1)?.key === LEFT_OUT && output.deadLetterOf !== undefined;
}

/** The dead-letter topics' existence: made when first needed. */
export class DeadLetterTopics {
  readonly #partitions = new Map<string, number>();

  constructor(
    private readonly library: LibraryOptions,
    private readonly log: Logger,
  ) {}

  /** Makes a dead-letter topic with as many partitions as `origin` has, unless it is there. How many it has. */
  async prepare(topic: string, origin: string): Promise<number> {
    const known = this.#partitions.get(topic);
    if (known !== undefined) return known;
    const admin = new Admin(this.library);
    try {
      const count = async (name: string): Promise<number | undefined> => {
        try {
          const metadata = await admin.metadata({ topics: [name], forceUpdate: true });
          return metadata.topics.get(name)?.partitionsCount;
        } catch {
          return undefined;
        }
      };
      let partitions = await within(ADMIN_MS, 'to look for the topic', count(topic));
      if (partitions === undefined) {
        const wanted = (await within(ADMIN_MS, 'to look for the topic', count(origin))) ?? 1;
        // -1: as many replicas as the brokers make by default
        const making = admin.createTopics({ topics: [topic], partitions: wanted, replicas: -1 });
        await within(ADMIN_MS, 'to make the topic', making);
        this.log.info(`${topic} created for dead letters, partitions: ${wanted}`);
        partitions = wanted;
      }
      this.#partitions.set(topic, partitions);
      return partitions;
    } finally {
      await within(ADMIN_MS, 'to close', admin.close()).catch(() => undefined);
    }
  }
}
