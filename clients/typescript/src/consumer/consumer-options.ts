import type { ConnectionOptions } from '../kafka/connection.js';
import type { KafkaMessage } from '../kafka/message.js';
import type { Logger } from '../log.js';

export interface ConsumerOptions extends ConnectionOptions {
  /** How long start() waits for a broker and for the topics. Default 30,000. */
  startWithinMs?: number;
  /** Default: stderr. */
  log?: Logger;
}

/** What a handler of `OptimizedConsumer.run()` is given; as kafkajs has it. */
export interface EachMessagePayload {
  topic: string;
  partition: number;
  message: KafkaMessage;
}

export interface RunOptions {
  /** A rejected promise means that the message failed: it is given again, with waits of up to 5 s. */
  eachMessage: (payload: EachMessagePayload) => Promise<void> | void;
}
