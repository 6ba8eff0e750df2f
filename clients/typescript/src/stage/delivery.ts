import { describe, type Logger } from '../log.js';
import { Backoff } from '../timing.js';
import { bareDeadLetterOf, deadLetterOf, type DeadLetterTopics, isBare } from './dead-letters.js';
import { type Producer, RefusedError } from './producer.js';
import type { Stop } from './stop.js';
import { type Output, type Result, sizeOf } from './turn.js';

/** Brokers take 1 MiB for a partition at a time by default. */
const REQUEST_BYTES = 512 * 1024;

export interface DeliverySettings {
  /** Named in dead letters. */
  group: string;
  deadLetterSuffix: string;
}

/** One message's outputs, of which some may be acknowledged. */
interface Sending {
  result: Result;
  output: Output;
  sent: boolean;
}

/**
 * Delivers what a turn's messages became. What a broker will never take makes its message a dead letter; everything
 * else that goes wrong is tried again until it works, or until the stage is to end.
 * Owns: the producer.
 */
export class Delivery {
  constructor(
    private readonly producer: Pick<Producer, 'send' | 'close'>,
    private readonly topics: Pick<DeadLetterTopics, 'prepare'>,
    private readonly by: DeliverySettings,
    private readonly stop: Pick<Stop, 'expired' | 'overdue' | 'wait'>,
    private readonly log: Logger,
  ) {}

  /** False: given up, since the stage is to end. The messages are to be done again then. */
  async deliver(results: Result[]): Promise<boolean> {
    const backoff = new Backoff(50, 2_000);
    let told = '';
    let sendings = results.flatMap((result) => result.outputs.map((output) => ({ result, output, sent: false })));
    while (true) {
      try {
        // A broker that does not answer would hold up the end.
        const sending = this.#sendAll(sendings).then((sent) => {
          sendings = sent;
          return true;
        });
        return await Promise.race([sending, this.stop.expired.then(() => false)]);
      } catch (error) {
        const problem = describe(error);
        if (problem !== told) this.log.warn(`a stage's results are tried again: ${problem}`);
        told = problem;
      }
      if (this.stop.overdue) return false;
      if (!(await this.stop.wait(backoff.next()))) await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async close(): Promise<void> {
    await this.producer.close();
  }

  /** Fails with what passes; what was sent by then is marked. */
  async #sendAll(sendings: Sending[]): Promise<Sending[]> {
    let all = sendings;
    while (true) {
      const chunk = firstChunk(all.filter(({ sent }) => !sent));
      if (chunk.length === 0) return all;
      try {
        await this.#send(chunk);
      } catch (error) {
        if (!(error instanceof RefusedError)) throw error;
        all = await this.#sendSingly(all, chunk);
      }
    }
  }

  /** Which of them is it? */
  async #sendSingly(all: Sending[], chunk: Sending[]): Promise<Sending[]> {
    let left = all;
    for (const one of chunk) {
      if (!left.includes(one)) continue; // another output of its message was refused
      try {
        await this.#send([one]);
      } catch (error) {
        if (!(error instanceof RefusedError)) throw error;
        left = this.#blame(left, one, error.message);
      }
    }
    return left;
  }

  #blame(all: Sending[], refused: Sending, why: string): Sending[] {
    const { message } = refused.result;
    const at = `${message.topic}[${message.partition}] at ${message.offset}`;
    // A dead letter with nothing left to leave out: the topic's own fault, so it is tried again.
    if (isBare(refused.output)) throw new Error(`the dead letter of ${at} is refused: ${why}`);
    const rest = all.filter(({ result }) => result !== refused.result);
    let output: Output;
    if (refused.output.deadLetterOf !== undefined) {
      this.log.error(`${at}: its dead letter goes without its content: ${why}`);
      output = bareDeadLetterOf(refused.output, why);
    } else {
      const text = `an output for ${refused.output.topic} was refused: ${why}`;
      this.log.error(`${at} became a dead letter: ${text}`);
      const topic = message.topic + this.by.deadLetterSuffix;
      output = deadLetterOf(message, topic, this.by.group, 'output_refused', text);
    }
    return [...rest, { result: refused.result, output, sent: false }];
  }

  async #send(chunk: Sending[]): Promise<void> {
    for (const { output } of chunk) {
      if (output.deadLetterOf === undefined) continue;
      const partitions = await this.topics.prepare(output.topic, output.deadLetterOf.topic);
      if (output.partition !== undefined && output.partition >= partitions) delete output.partition;
    }
    await this.producer.send(chunk.map(({ output }) => output));
    for (const one of chunk) one.sent = true;
  }
}

function firstChunk(sendings: Sending[]): Sending[] {
  let bytes = 0;
  const chunk: Sending[] = [];
  for (const one of sendings) {
    bytes += sizeOf(one.output);
    if (chunk.length > 0 && bytes > REQUEST_BYTES) break;
    chunk.push(one);
  }
  return chunk;
}
