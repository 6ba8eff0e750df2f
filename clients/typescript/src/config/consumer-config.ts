/**
 * How one service consumes: a row of `pipeline_consumer_configs`, or what stands in for one. Milliseconds and bytes, as
 * the columns' names say; the names are those of Kafka's Java client, since that is what the rows speak.
 */
export interface ConsumerConfig {
  serviceName: string;
  consumerGroupId: string;
  maxPollRecords: number;
  sessionTimeoutMs: number;
  heartbeatIntervalMs: number;
  maxPollIntervalMs: number;
  requestTimeoutMs: number;
  retryBackoffMs: number;
  fetchMinBytes: number;
  fetchMaxWaitMs: number;
  fetchMaxBytes: number;
  maxPartitionFetchBytes: number;
  /** `earliest`, `latest` or `none` */
  autoOffsetReset: string;
  enableAutoCommit: boolean;
  autoCommitIntervalMs: number;
  /** `range`, `roundrobin`, `sticky` or `cooperative-sticky` */
  partitionAssignmentStrategy: string;
  /** `row`: the service's own; `profile`: of its kind; `default`: neither, or no database */
  source: string;
}

/** A {@link ConsumerConfig} under the columns' names: `max_poll_records` and so on. */
export type ConsumerConfigColumns = Record<string, string | number | boolean>;

/**
 * What a service has that nobody has said anything about, which is what `effective_consumer_config()` of migration 038
 * says of an unknown service. For when there is no database to ask.
 */
export function defaultConfig(serviceName: string): ConsumerConfig {
  return {
    serviceName,
    consumerGroupId: serviceName,
    maxPollRecords: 100,
    sessionTimeoutMs: 30_000,
    heartbeatIntervalMs: 10_000,
    maxPollIntervalMs: 300_000,
    requestTimeoutMs: 305_000,
    retryBackoffMs: 100,
    fetchMinBytes: 1,
    fetchMaxWaitMs: 500,
    fetchMaxBytes: 52_428_800,
    maxPartitionFetchBytes: 1_048_576,
    autoOffsetReset: 'earliest',
    enableAutoCommit: true,
    autoCommitIntervalMs: 5_000,
    partitionAssignmentStrategy: 'range',
    source: 'default',
  };
}

function columnOf(field: string): string {
  return field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** The config under the columns' names, in the columns' order. */
export function toColumns(config: ConsumerConfig): ConsumerConfigColumns {
  const columns: ConsumerConfigColumns = {};
  for (const field of Object.keys(defaultConfig('')) as (keyof ConsumerConfig)[]) {
    columns[columnOf(field)] = config[field];
  }
  return columns;
}

/**
 * The config of a row of `effective_consumer_config()`. What is missing, NULL or of another type than the setting has
 * is the default; columns that are no setting are left out.
 */
export function fromColumns(serviceName: string, row: Record<string, unknown>): ConsumerConfig {
  const config = defaultConfig(serviceName);
  for (const field of Object.keys(config) as (keyof ConsumerConfig)[]) {
    const value = row[columnOf(field)];
    if (typeof value === typeof config[field]) Object.assign(config, { [field]: value });
  }
  return config;
}
