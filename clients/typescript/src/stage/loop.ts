import type { OptimizedConsumer } from '../consumer/consumer.js';
import type { KafkaMessage } from '../kafka/message.js';
import type { Delivery } from './delivery.js';
import type { Membership } from './membership.js';
import type { Processor } from './processor.js';
import type { Reporter, Tally } from './report.js';
import type { Stop } from './stop.js';
import type { Result } from './turn.js';

const POLL_MS = 100;
const COMMIT_MS = 5_000;

/** What a loop brings together. */
export interface LoopParts<Value> {
  serviceName: string;
  reportEveryMs: number;
  reporter: Reporter;
  membership: Membership;
  processor: Processor<Value>;
  delivery: Delivery;
  tally: Tally;
  stop: Stop;
}

/**
 * A stage's work, turn after turn, until it is to end:
 *
 *     follow changed settings -> take messages -> process each -> deliver what they became -> commit their offsets
 *
 * Reports go out by a timer, since a message may take longer than the time between two of them.
 */
export class Loop<Value> {
  constructor(private readonly parts: LoopParts<Value>) {}

  async run(): Promise<void> {
    const { membership, reporter, stop, reportEveryMs } = this.parts;
    const reports = setInterval(() => this.#report(), reportEveryMs);
    try {
      while (!stop.requested) {
        await membership.follow(reporter.config);
        await this.#takeTurn();
      }
      await reporter.flush();
      this.#report();
    } finally {
      clearInterval(reports);
    }
  }

  async #takeTurn(): Promise<void> {
    const { delivery, membership, stop } = this.parts;
    const consumer = membership.consumer!;
    const messages = await consumer.poll(POLL_MS);
    if (messages.length === 0) {
      // What an earlier turn could not commit.
      await consumer.commit(COMMIT_MS);
      return;
    }
    const results = await this.#process(consumer, messages);
    if (results.length > 0 && (await delivery.deliver(results))) {
      for (const { message } of results) consumer.done(message);
      await consumer.commit(COMMIT_MS);
    }
    if (!stop.requested) consumer.rewind();
  }

  /** As many as there is time for; what is left is taken again, by this member or another. */
  async #process(consumer: OptimizedConsumer, messages: KafkaMessage[]): Promise<Result[]> {
    const { membership, processor, stop } = this.parts;
    const { maxPollIntervalMs } = membership.config;
    // A turn that takes longer would cost the membership, and all of it would be done again, for ever.
    const until = Date.now() + maxPollIntervalMs / 2;
    const limits = { group: membership.group, maxPollIntervalMs, isAwaited: () => consumer.rebalancing };
    const results: Result[] = [];
    for (const message of messages) {
      if (stop.requested || Date.now() >= until || consumer.rebalancing || !consumer.owns(message)) break;
      const result = await processor.process(message, limits);
      if (result === null) break;
      results.push(result);
    }
    return results;
  }

  #report(): void {
    const { membership, reporter, serviceName, tally } = this.parts;
    if (membership.consumer === null || reporter.busy) return;
    tally.rebalanced(membership.consumer.takeRebalances());
    reporter.post({ metrics: tally.take(serviceName, performance.now()), lag: membership.lag() });
  }
}
