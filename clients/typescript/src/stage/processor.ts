import type { KafkaMessage } from '../kafka/message.js';
import { describe, type Logger } from '../log.js';
import { Backoff } from '../timing.js';
import { deadLetterOf } from './dead-letters.js';
import { bytesOf, type Headers, headerList, isTryLater, NotJsonError, parsed, type StageMessage } from './message.js';
import type { Tally } from './report.js';
import type { CompleteSettings } from './settings.js';
import type { Stop } from './stop.js';
import type { Output, Result } from './turn.js';

/** What the group allows while a message is processed. */
export interface TurnLimits {
  group: string;
  maxPollIntervalMs: number;
  /** Whether a rebalance waits for the turn's end. */
  isAwaited: () => boolean;
}

type Retrying = Pick<CompleteSettings, 'retries' | 'retryFirstMs' | 'retryCapMs' | 'deadLetterSuffix'>;

/**
 * Processes one message after the other: tries until it works, or until the message is a dead letter, and keeps what
 * each sends until then, so that nothing goes out of a try that failed.
 */
export class Processor<Value> {
  /** The outputs of the try at hand. */
  #growing: Output[] | null = null;

  constructor(
    private readonly work: (message: StageMessage<Value>) => Promise<void> | void,
    private readonly settings: Retrying,
    private readonly stop: Pick<Stop, 'busy' | 'wait'>,
    private readonly tally: Tally,
    private readonly log: Logger,
  ) {}

  /** Keeps an output of the message at hand. Fails: Error while there is none. */
  send(topic: string, value: unknown, key: string | Buffer | null, headers: Headers): void {
    if (this.#growing === null)
      throw new Error('sendToTopic() outside of processMessage(): there is no message it is of');
    this.#growing.push({
      topic,
      value: bytesOf(value),
      key: key === null ? null : bytesOf(key),
      headers: headerList(headers),
    });
  }

  /** null: later; something that it needs is away, or the stage is to end. */
  async process(message: KafkaMessage, limits: TurnLimits): Promise<Result | null> {
    const start = performance.now();
    this.stop.busy(true);
    try {
      const { outputs, failed } = await this.#attempt(message, limits);
      if (outputs === null) return null;
      this.tally.processed(performance.now() - start, failed);
      return { message, outputs };
    } finally {
      this.stop.busy(false);
    }
  }

  /** Tries until it is processed, or a dead letter. */
  async #attempt(message: KafkaMessage, limits: TurnLimits): Promise<{ outputs: Output[] | null; failed: boolean }> {
    const { retries, retryFirstMs, retryCapMs, deadLetterSuffix } = this.settings;
    const backoff = new Backoff(retryFirstMs, retryCapMs);
    const at = `${message.topic}[${message.partition}] at ${message.offset}`;
    // The group hears of us between turns only.
    const until = Date.now() + limits.maxPollIntervalMs / 4;
    let failed = false;
    let problem = '';
    for (let tries = 0; tries <= retries;) {
      const outputs: Output[] = [];
      this.#growing = outputs;
      try {
        await this.work(parsed<Value>(message));
        return { outputs, failed };
      } catch (error) {
        failed = true;
        problem = describe(error);
        if (isTryLater(error)) {
          this.log.warn(`${at}: waits: ${problem}`);
          const goesOn = Date.now() <= until && !limits.isAwaited();
          if (!goesOn || !(await this.stop.wait(backoff.next()))) return { outputs: null, failed };
          continue;
        }
        // No further try will make JSON of it.
        if (error instanceof NotJsonError) break;
      } finally {
        this.#growing = null;
      }
      tries += 1;
      this.log.warn(`${at}: try ${tries} of ${retries + 1} failed: ${problem}`);
      if (tries <= retries && !(await this.stop.wait(backoff.next()))) return { outputs: null, failed };
    }
    this.log.error(`${at} became a dead letter: ${problem}`);
    const topic = message.topic + deadLetterSuffix;
    return { outputs: [deadLetterOf(message, topic, limits.group, 'processing_failed', problem)], failed };
  }
}
