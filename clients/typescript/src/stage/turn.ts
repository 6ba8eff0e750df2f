import type { KafkaMessage, MessageHeader } from '../kafka/message.js';

/** A message that is to be sent. */
export interface Output {
  topic: string;
  key: Buffer | null;
  value: Buffer | null;
  headers: MessageHeader[];
  /** Default: by the key, as Kafka's Java client has it; without a key any. */
  partition?: number;
  /** The input message that this is the dead letter of. */
  deadLetterOf?: KafkaMessage;
}

/** What became of one message of a turn: messages that are taken, processed and delivered together. */
export interface Result {
  message: KafkaMessage;
  outputs: Output[];
}

/** About so many bytes it takes in a request. */
export function sizeOf(output: Output): number {
  let size = 100 + (output.key?.length ?? 0) + (output.value?.length ?? 0);
  for (const { key, value } of output.headers) size += 10 + key.length + (value?.length ?? 0);
  return size;
}
