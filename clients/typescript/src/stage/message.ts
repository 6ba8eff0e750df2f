import type { KafkaMessage, MessageHeader } from '../kafka/message.js';

/** A message as processMessage() gets it. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- as JSON.parse() gives it
export interface StageMessage<Value = any> extends Omit<KafkaMessage, 'value'> {
  /** The parsed JSON. */
  value: Value;
  /** The bytes that it was parsed from. */
  raw: Buffer;
}

/** Names and values; as an object for headers of different names, as a list where a name is there several times. */
export type Headers = Record<string, string | Buffer> | [string, string | Buffer][];

/**
 * Thrown by processMessage() when not the message is to blame but something that it needs is away: it is tried again
 * until it works, and never becomes a dead letter.
 */
export class TryLater extends Error {
  override name = 'TryLater';
}

/** By its name, too: a program may have the package as ES module and as CommonJS at once, which are two classes. */
export function isTryLater(error: unknown): boolean {
  return error instanceof TryLater || (error instanceof Error && error.name === 'TryLater');
}

/** What makes a message a dead letter at once. */
export class NotJsonError extends Error {
  override name = 'NotJsonError';
}

/** Fails: {@link NotJsonError}. */
export function parsed<Value>(message: KafkaMessage): StageMessage<Value> {
  if (message.value === null) throw new NotJsonError('the message has no value');
  try {
    return { ...message, value: JSON.parse(message.value.toString('utf8')) as Value, raw: message.value };
  } catch (error) {
    throw new NotJsonError(`the message is no JSON: ${(error as Error).message}`);
  }
}

export function headerList(headers: Headers): MessageHeader[] {
  const pairs = Array.isArray(headers) ? headers : Object.entries(headers);
  return pairs.map(([key, value]) => ({ key, value: bytesOf(value) }));
}

/** Text and bytes as they are, anything else as JSON. Fails: TypeError for what JSON does not have. */
export function bytesOf(value: unknown): Buffer {
  if (Buffer.isBuffer(value)) return value;
  if (value instanceof Uint8Array) return Buffer.from(value);
  if (typeof value === 'string') return Buffer.from(value);
  const json = JSON.stringify(value) as string | undefined;
  if (json === undefined) throw new TypeError(`${typeof value} cannot be sent as JSON`);
  return Buffer.from(json);
}
