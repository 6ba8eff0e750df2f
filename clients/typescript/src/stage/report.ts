import type { KafkaConsumerConfigLoader, LagRecord, ProcessingMetrics } from '../config-loader.js';

/** What a stage did since it was last asked. */
export class StageTally {
  #messages = 0;
  #errors = 0;
  #busyMs = 0;
  #rebalances = 0;
  #since: number;

  constructor(now: number) {
    this.#since = now;
  }

  /** A message that was processed or became a dead letter; `failed`: not at the first try. */
  processed(tookMs: number, failed: boolean): void {
    this.#messages += 1;
    this.#errors += failed ? 1 : 0;
    this.#busyMs += tookMs;
  }

  rebalanced(times: number): void {
    this.#rebalances += times;
  }

  /** The numbers since the last take(), which begins anew. `now` in milliseconds. */
  take(serviceName: string, now: number): ProcessingMetrics {
    const seconds = (now - this.#since) / 1_000;
    const metrics: ProcessingMetrics = {
      serviceName,
      messagesProcessed: this.#messages,
      messagesPerSecond: seconds > 0 ? this.#messages / seconds : 0,
      processingTimeMs: this.#messages > 0 ? this.#busyMs / this.#messages : 0,
      memoryUsageMb: process.memoryUsage.rss() / (1024 * 1024),
      errors: this.#errors,
      rebalances: this.#rebalances,
    };
    this.#messages = 0;
    this.#errors = 0;
    this.#busyMs = 0;
    this.#rebalances = 0;
    this.#since = now;
    return metrics;
  }
}

/** Writes a stage's reports, one at a time; what comes while one is being written (a slow database) is left out. */
export class StageReporter {
  #writing: Promise<void> | null = null;

  constructor(private readonly loader: KafkaConsumerConfigLoader) {}

  get busy(): boolean {
    return this.#writing !== null;
  }

  /** Returns at once. `lag` is asked for when the metrics are written. */
  post(metrics: ProcessingMetrics, lag: () => Promise<LagRecord[]>): void {
    if (this.#writing !== null) return;
    this.#writing = this.#write(metrics, lag).finally(() => {
      this.#writing = null;
    });
  }

  /** When what was posted is written, or could not be. */
  async flush(): Promise<void> {
    await this.#writing;
  }

  async #write(metrics: ProcessingMetrics, lag: () => Promise<LagRecord[]>): Promise<void> {
    const known = await lag();
    if (!(await this.loader.recordProcessingMetrics(metrics))) return;
    if (known.length > 0) await this.loader.recordConsumerLag(known);
  }
}
