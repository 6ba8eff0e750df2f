import type { ConsumerConfig } from './consumer-config.js';

/** What a consumer does by a {@link ConsumerConfig}: the options of `@platformatic/kafka`, and what it lacks itself. */
export interface Translation {
  /** of its Consumer: the group */
  group: {
    sessionTimeout: number;
    heartbeatInterval: number;
    /** how long a rebalance waits for this member: `max_poll_interval_ms`, as in Kafka's Java client */
    rebalanceTimeout: number;
    /** the name of the protocol of the group; who may be in one group have the same */
    assignor: 'range' | 'roundrobin';
  };
  /** of its Consumer: a request's longest time */
  requestTimeout: number;
  /** of its fetch requests */
  fetch: { minBytes: number; maxWaitTime: number; maxBytes: number; maxBytesPerPartition: number };
  /** what the library has no option for; this package's consumer does it */
  own: {
    recordsPerTurn: number;
    retryBackoffMs: number;
    autoOffsetReset: 'earliest' | 'latest' | 'none';
    enableAutoCommit: boolean;
    autoCommitIntervalMs: number;
  };
  /** what had to be changed, and why */
  warnings: string[];
}

const HOUR = 3_600_000;
const DAY = 86_400_000;
const INT32_MAX = 2_147_483_647;
/** Of a turn, all of which is in memory. */
export const RECORDS_MAX = 5_000;
/** A timer of Node.js cannot be longer, and a request's is one. */
const TIMER_MAX = INT32_MAX;
/** A fetch that the broker holds back has to be answered before it counts as lost. */
const FETCH_WAIT_MARGIN = 1_000;
/** A JoinGroup request is answered as late as the slowest member polls. */
const JOIN_MARGIN = 5_000;

/**
 * Translates a config into the library's options. Total: whatever the values, the options are such that the library
 * takes them; `warnings` says what was changed. Pure.
 */
export function translate(config: ConsumerConfig): Translation {
  const warnings: string[] = [];

  function within(setting: string, value: number, low: number, high: number): number {
    const taken = Number.isFinite(value) ? Math.min(Math.max(Math.trunc(value), low), high) : low;
    if (taken !== value) {
      warnings.push(`${setting} is ${value}, taken as ${taken}: ${low} to ${high} is what can be had`);
    }
    return taken;
  }
  function atLeast(setting: string, value: number, low: number, why: string): number {
    if (value >= low) return value;
    warnings.push(`${setting} is ${value}, taken as ${low}: ${why}`);
    return low;
  }
  function atMost(setting: string, value: number, high: number, why: string): number {
    if (value <= high) return value;
    warnings.push(`${setting} is ${value}, taken as ${high}: ${why}`);
    return high;
  }

  const recordsPerTurn = within('max_poll_records', config.maxPollRecords, 1, RECORDS_MAX);

  const sessionTimeout = within('session_timeout_ms', config.sessionTimeoutMs, 1, HOUR);
  let heartbeatInterval = within('heartbeat_interval_ms', config.heartbeatIntervalMs, 1, HOUR);
  if (heartbeatInterval > sessionTimeout / 2 && heartbeatInterval > 1) {
    heartbeatInterval = atMost(
      'heartbeat_interval_ms',
      heartbeatInterval,
      Math.max(1, Math.trunc(sessionTimeout / 3)),
      `at least two have to fit into the session timeout of ${sessionTimeout} ms`,
    );
  }
  const rebalanceTimeout = atLeast(
    'max_poll_interval_ms',
    within('max_poll_interval_ms', config.maxPollIntervalMs, 1, DAY),
    sessionTimeout,
    'it must not be less than the session timeout',
  );

  const requestTimeout = atLeast(
    'request_timeout_ms',
    within('request_timeout_ms', config.requestTimeoutMs, 10, TIMER_MAX),
    rebalanceTimeout + JOIN_MARGIN,
    'the library has one timeout for all requests, and to join a group may take as long as max_poll_interval_ms',
  );
  const maxWaitTime = atMost(
    'fetch_max_wait_ms',
    within('fetch_max_wait_ms', config.fetchMaxWaitMs, 0, INT32_MAX),
    requestTimeout - FETCH_WAIT_MARGIN,
    `it has to end ${FETCH_WAIT_MARGIN} ms before the request timeout of ${requestTimeout} ms`,
  );

  return {
    group: { sessionTimeout, heartbeatInterval, rebalanceTimeout, assignor: assignorOf(config, warnings) },
    requestTimeout,
    fetch: {
      minBytes: within('fetch_min_bytes', config.fetchMinBytes, 0, INT32_MAX),
      maxWaitTime,
      maxBytes: within('fetch_max_bytes', config.fetchMaxBytes, 1, INT32_MAX),
      maxBytesPerPartition: within('max_partition_fetch_bytes', config.maxPartitionFetchBytes, 1, INT32_MAX),
    },
    own: {
      recordsPerTurn,
      retryBackoffMs: within('retry_backoff_ms', config.retryBackoffMs, 1, HOUR),
      autoOffsetReset: resetOf(config, warnings),
      enableAutoCommit: config.enableAutoCommit,
      autoCommitIntervalMs: within('auto_commit_interval_ms', config.autoCommitIntervalMs, 1, DAY),
    },
    warnings,
  };
}

function assignorOf(config: ConsumerConfig, warnings: string[]): 'range' | 'roundrobin' {
  const wanted = config.partitionAssignmentStrategy;
  if (wanted === 'range' || wanted === 'roundrobin') return wanted;
  warnings.push(
    wanted === 'sticky' || wanted === 'cooperative-sticky'
      ? `partition_assignment_strategy is ${wanted}, taken as range: the library has no sticky one`
      : `partition_assignment_strategy is "${wanted}", taken as range: there are range and roundrobin`,
  );
  return 'range';
}

function resetOf(config: ConsumerConfig, warnings: string[]): 'earliest' | 'latest' | 'none' {
  const wanted = config.autoOffsetReset;
  if (wanted === 'earliest' || wanted === 'latest' || wanted === 'none') return wanted;
  warnings.push(`auto_offset_reset is "${wanted}", taken as earliest: there are earliest, latest and none`);
  return 'earliest';
}

/**
 * Whether a consumer made for `before` does for `after`: nothing differs, or only how many records make a turn. If not,
 * it has to leave the group, and a new one has to join it. Pure.
 */
export function sameClient(before: ConsumerConfig, after: ConsumerConfig): boolean {
  const lasting = (config: ConsumerConfig): string => {
    const { warnings: _warnings, own, ...client } = translate(config);
    return JSON.stringify([config.consumerGroupId, client, { ...own, recordsPerTurn: 0 }]);
  };
  return lasting(before) === lasting(after);
}
