import type { KafkaConsumerConfigLoader } from '../config/config-loader.js';
import type { LagRecord, ProcessingMetrics } from '../config/config-store.js';
import { type ConsumerConfig, defaultConfig } from '../config/consumer-config.js';

/** What a stage did since it was last asked. */
export class Tally {
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

/** What is written down at a time. */
export interface Report {
  metrics: ProcessingMetrics;
  /** Asked when the metrics are written. */
  lag: () => Promise<LagRecord[]>;
}

/** How often the loader is asked for the settings; how old they may be is its own affair. */
const LOOK_MS = 1_000;

/**
 * Writes a stage's reports and looks at its settings now and then, so that the stage never waits for the database.
 * Owns:  a timer, from keepLooking() to close().
 * Fails: never: the loader says why something was not written.
 */
export class Reporter {
  #config: ConsumerConfig;
  #writing: Promise<void> | null = null;
  #timer: NodeJS.Timeout | null = null;

  /** `loader`: null for no database, which means the defaults, and that nothing is written. */
  constructor(
    private readonly loader: KafkaConsumerConfigLoader | null,
    private readonly serviceName: string,
  ) {
    this.#config = defaultConfig(serviceName);
  }

  /** Asks for the settings. Never rejects, since the loader does not. */
  async look(): Promise<void> {
    if (this.loader !== null) this.#config = await this.loader.loadConfig(this.serviceName);
  }

  /** Looks again, now and then, until close(). */
  keepLooking(): void {
    // eslint-disable-next-line @typescript-eslint/no-floating-promises -- it never rejects
    this.#timer = setInterval(() => void this.look(), LOOK_MS);
  }

  /** The settings as they were last known. */
  get config(): ConsumerConfig {
    return this.#config;
  }

  /** Whether a report would be left out: another one is being written, or there is no database. */
  get busy(): boolean {
    return this.#writing !== null || this.loader === null;
  }

  /** Writes this down, unless it is busy. Returns at once. */
  post(report: Report): void {
    if (this.#writing !== null || this.loader === null) return;
    this.#writing = write(this.loader, report).finally(() => {
      this.#writing = null;
    });
  }

  /** When what was posted is written, or could not be. */
  async flush(): Promise<void> {
    await this.#writing;
  }

  close(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }
}

async function write(loader: KafkaConsumerConfigLoader, { metrics, lag }: Report): Promise<void> {
  const known = await lag();
  if (!(await loader.recordProcessingMetrics(metrics))) return;
  if (known.length > 0) await loader.recordConsumerLag(known);
}
