import { type ConsumerConfig, fromColumns } from './consumer-config.js';
import { ask, DatabaseError, type DatabasePool } from './database.js';

/** What a service did in a stretch of time: a row of `consumer_processing_metrics`. */
export interface ProcessingMetrics {
  serviceName: string;
  messagesProcessed: number;
  messagesPerSecond: number;
  /** of a message, on average */
  processingTimeMs: number;
  memoryUsageMb: number;
  errors?: number;
  rebalances?: number;
}

/** How far a service is behind in one partition: a row of `consumer_lag_history`. */
export interface LagRecord {
  serviceName: string;
  consumerGroupId: string;
  topic: string;
  partition: number;
  currentOffset: bigint;
  endOffset: bigint;
}

export type Priority = 'low' | 'medium' | 'high' | 'critical';

/** Advice that the recorded metrics give: a row of `v_consumer_recommendations`. */
export interface Recommendation {
  serviceName: string;
  priority: Priority;
  /** column -> value */
  recommendedConfig: Record<string, unknown>;
  reason: string;
}

/** lock_not_available: another one is looking after the tables. */
const BUSY = '55P03';

/**
 * The SQL of the loader: a statement for each question.
 * Fails: {@link DatabaseError}.
 */
export class ConfigStore {
  /** The pool stays the caller's. */
  constructor(private readonly pool: DatabasePool) {}

  async effective(serviceName: string): Promise<ConsumerConfig> {
    // As JSON, so that type parsers of the caller's make no difference.
    const sql = 'SELECT to_jsonb(c)::text AS config FROM effective_consumer_config($1) AS c';
    const [row] = await ask(this.pool, sql, [serviceName]);
    if (row === undefined) throw new Error(`effective_consumer_config() has no row for ${serviceName}`);
    return fromColumns(serviceName, JSON.parse(String(row.config)) as Record<string, unknown>);
  }

  async insertMetrics(metrics: ProcessingMetrics): Promise<void> {
    await ask(
      this.pool,
      'SELECT record_consumer_metrics($1, $2::bigint, $3::float8, $4::float8, $5::float8, $6::bigint, $7::integer)',
      [
        metrics.serviceName,
        String(Math.trunc(metrics.messagesProcessed)),
        metrics.messagesPerSecond,
        metrics.processingTimeMs,
        metrics.memoryUsageMb,
        String(Math.trunc(metrics.errors ?? 0)),
        Math.trunc(metrics.rebalances ?? 0),
      ],
    );
  }

  /** `lag`: of one service and one group. */
  async insertLag(lag: LagRecord[]): Promise<void> {
    const [first] = lag;
    if (first === undefined) return;
    await ask(
      this.pool,
      'SELECT record_consumer_lag($1, $2, $3::text[], $4::integer[], $5::bigint[], $6::bigint[])',
      [
        first.serviceName,
        first.consumerGroupId,
        lag.map((at) => at.topic),
        lag.map((at) => at.partition),
        lag.map((at) => String(at.currentOffset)),
        lag.map((at) => String(at.endOffset)),
      ],
    );
  }

  async maintain(): Promise<void> {
    try {
      await ask(this.pool, 'SELECT maintain_consumer_metrics()', []);
    } catch (error) {
      if (!(error instanceof DatabaseError) || error.sqlstate !== BUSY) throw error;
    }
  }

  async recommendations(): Promise<Recommendation[]> {
    const rows = await ask(
      this.pool,
      `SELECT service_name, priority, recommended_config::text AS recommended_config, reason
         FROM consumer_recommendations()`,
      [],
    );
    return rows.map((row) => ({
      serviceName: String(row.service_name),
      priority: row.priority as Priority,
      recommendedConfig: JSON.parse((row.recommended_config as string | null) ?? '{}') as Record<string, unknown>,
      reason: String(row.reason),
    }));
  }
}
