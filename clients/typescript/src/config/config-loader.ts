import { setTimeout as sleep } from 'node:timers/promises';

import type { ConsumerOptions } from '../consumer/consumer-options.js';
import { OptimizedConsumer } from '../consumer/consumer.js';
import { describe } from '../log.js';
import { ConfigStore, type LagRecord, type ProcessingMetrics, type Recommendation } from './config-store.js';
import { type ConsumerConfig, defaultConfig } from './consumer-config.js';
import type { DatabasePool } from './database.js';

export interface LoaderOptions {
  /** How long a loaded row is good for. Default 300,000. */
  cacheMs?: number;
  /** Told once for each reason why something else is used (no row, no database). Default: console.warn. */
  warn?: (text: string) => void;
  /** Milliseconds of a clock that does not go back; for tests. */
  now?: () => number;
}

/** Where Kafka is, and as whom to go there; as kafkajs has it. */
export interface KafkaOptions extends ConsumerOptions {
  /** host:port */
  brokers: string[];
  /** Instead of the group that the settings name. */
  groupId?: string;
}

/** Until a database that did not answer is asked again. */
const AGAIN_AFTER_MS = 10_000;
/** How long a new consumer waits for its first partitions; a group with slow members may need longer. */
const JOIN_WITHIN_MS = 10_000;

interface Known {
  config: ConsumerConfig;
  until: number;
  fromDatabase: boolean;
}

/**
 * Consumer settings by service name from the database, and what services report back to it.
 * Owns:  the cache; the pool stays the caller's and is never ended here.
 * Waits: up to 5 s for a connection of the pool and 5 s for the answer; a database that does not answer is asked for
 *        settings again after 10 s.
 * Fails: loadConfig() never; it falls back to the row that it has, else to the defaults. record...() and
 *        maintainMetrics() resolve to false and warn. The others reject with a {@link DatabaseError}.
 */
export class KafkaConsumerConfigLoader {
  readonly #store: ConfigStore | null;
  readonly #cacheMs: number;
  readonly #warn: (text: string) => void;
  readonly #now: () => number;
  readonly #known = new Map<string, Known>();
  readonly #loading = new Map<string, Promise<ConsumerConfig>>();
  readonly #told = new Set<string>();

  /** `pool`: null for no database, which means the defaults, and that nothing is recorded. */
  constructor(pool: DatabasePool | null, options: LoaderOptions = {}) {
    this.#store = pool === null ? null : new ConfigStore(pool);
    this.#cacheMs = options.cacheMs ?? 300_000;
    this.#warn = options.warn ?? ((text) => console.warn(text));
    this.#now = options.now ?? (() => performance.now());
  }

  /** The service's row, else what its profile says, else the defaults; at most `cacheMs` old. Never rejects. */
  async loadConfig(serviceName: string): Promise<ConsumerConfig> {
    const known = this.#known.get(serviceName);
    if (known !== undefined && this.#now() < known.until) return { ...known.config };
    // Whoever asks meanwhile gets the same answer.
    let loading = this.#loading.get(serviceName);
    if (loading === undefined) {
      loading = this.#load(serviceName).finally(() => this.#loading.delete(serviceName));
      this.#loading.set(serviceName, loading);
    }
    return { ...(await loading) };
  }

  /** The next loadConfig() of it asks the database. */
  forget(serviceName: string): void {
    const known = this.#known.get(serviceName);
    if (known !== undefined) known.until = Number.NEGATIVE_INFINITY;
  }

  /**
   * A consumer by the service's settings: a member of the group, as soon as the group lets it in. The caller closes it.
   * Fails: when no broker answers or a topic is not there within `startWithinMs` (30 s).
   */
  async createConsumer(serviceName: string, topics: string[], kafka: KafkaOptions): Promise<OptimizedConsumer> {
    const { brokers, groupId, ...options } = kafka;
    const config = await this.loadConfig(serviceName);
    if (groupId !== undefined && groupId !== '') config.consumerGroupId = groupId;
    const consumer = new OptimizedConsumer(config, topics, brokers, options);
    try {
      await consumer.start();
    } catch (error) {
      await consumer.close();
      throw error;
    }
    const patience = new AbortController();
    const waited = sleep(JOIN_WITHIN_MS, undefined, { signal: patience.signal }).catch(() => undefined);
    await Promise.race([consumer.joined(), waited]);
    patience.abort();
    return consumer;
  }

  /** One row; false, and a warning, when the database did not take it. */
  async recordProcessingMetrics(metrics: ProcessingMetrics): Promise<boolean> {
    return this.#record('processing metrics are not recorded', (store) => store.insertMetrics(metrics));
  }

  /** A row for each partition, in one statement for each service and group. */
  async recordConsumerLag(lag: LagRecord[]): Promise<boolean> {
    let recorded = true;
    for (const ofGroup of groupLag(lag)) {
      const done = await this.#record('consumer lags are not recorded', (store) => store.insertLag(ofGroup));
      recorded = recorded && done;
    }
    return recorded;
  }

  /** The advice that the recorded metrics give, the most urgent first. */
  async getProcessingRecommendations(): Promise<Recommendation[]> {
    if (this.#store === null) throw new Error('this loader was made without a database');
    return this.#store.recommendations();
  }

  /**
   * Makes room for the coming days' records and drops those that are older than 30 days; to be called once a day or
   * more often, by any of the replicas. That another one is at it just now counts as done.
   */
  async maintainMetrics(): Promise<boolean> {
    return this.#record('the tables of metrics and lags are not looked after', (store) => store.maintain());
  }

  async #load(serviceName: string): Promise<ConsumerConfig> {
    if (this.#store === null) return defaultConfig(serviceName);
    try {
      return this.#remember(await this.#store.effective(serviceName));
    } catch (error) {
      return this.#fallBack(serviceName, describe(error));
    }
  }

  #remember(config: ConsumerConfig): ConsumerConfig {
    const name = config.serviceName;
    if (config.source === 'default') {
      this.#warnOnce(
        `no settings ${name}`,
        `no settings for ${name} in the database, neither a row in pipeline_consumer_configs nor a profile: ` +
          'defaults are used',
      );
    }
    this.#told.delete('database');
    this.#known.set(name, { config, until: this.#now() + this.#cacheMs, fromDatabase: true });
    return config;
  }

  #fallBack(serviceName: string, why: string): ConsumerConfig {
    const before = this.#known.get(serviceName);
    const fromDatabase = before?.fromDatabase ?? false;
    const config = before !== undefined && fromDatabase ? before.config : defaultConfig(serviceName);
    const until = this.#now() + Math.min(AGAIN_AFTER_MS, this.#cacheMs);
    this.#known.set(serviceName, { config, until, fromDatabase });
    const used = fromDatabase ? 'those read before' : 'defaults';
    this.#warnOnce('database', `no consumer settings from the database; ${used} are used. ${why}`);
    return config;
  }

  async #record(unless: string, work: (store: ConfigStore) => Promise<void>): Promise<boolean> {
    if (this.#store === null) return false;
    try {
      await work(this.#store);
    } catch (error) {
      this.#warnOnce(unless, `${unless}: ${describe(error)}`);
      return false;
    }
    this.#told.delete(unless);
    return true;
  }

  #warnOnce(reason: string, text: string): void {
    if (this.#told.has(reason)) return;
    this.#told.add(reason);
    this.#warn(text);
  }
}

/** By service and group, which is one statement each. */
function groupLag(lag: LagRecord[]): LagRecord[][] {
  const groups = new Map<string, LagRecord[]>();
  for (const one of lag) {
    const key = JSON.stringify([one.serviceName, one.consumerGroupId]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [one]);
    else group.push(one);
  }
  return [...groups.values()];
}

/** A loader and a consumer of it in one call; see {@link KafkaConsumerConfigLoader.createConsumer}. */
export async function createOptimizedConsumer(
  pool: DatabasePool | null,
  kafka: KafkaOptions,
  serviceName: string,
  topics: string[],
  options: LoaderOptions = {},
): Promise<OptimizedConsumer> {
  return new KafkaConsumerConfigLoader(pool, options).createConsumer(serviceName, topics, kafka);
}
