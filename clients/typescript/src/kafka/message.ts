/** A message as it was in the log. */
export interface KafkaMessage {
  topic: string;
  partition: number;
  offset: bigint;
  /** milliseconds since 1970; -1: none */
  timestamp: number;
  key: Buffer | null;
  value: Buffer | null;
  /** In their order; a name may be there several times. */
  headers: MessageHeader[];
}

export interface MessageHeader {
  key: string;
  value: Buffer | null;
}
