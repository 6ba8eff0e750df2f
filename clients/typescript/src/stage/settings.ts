import { readFileSync } from 'node:fs';

import type { DatabasePool } from '../config/database.js';
import { brokerList, type ConnectionOptions } from '../kafka/connection.js';
import type { Logger } from '../log.js';

/** What a stage is made with. */
export interface StageSettings {
  serviceName: string;
  /** what it consumes */
  topics: string[];
  /** host:port. Default: localhost:9092 */
  brokers?: string[];
  /** Default: by the service's settings. */
  groupId?: string;
  /** The caller's, which is never ended here; else `databaseUrl`; without both default settings, and no metrics. */
  pool?: DatabasePool;
  /** For two connections of the stage's own. */
  databaseUrl?: string;
  /** of a message whose processing failed, before it is a dead letter. Default: 3 */
  retries?: number;
  /** Before the first retry; doubles with each, up to `retryCapMs`. Default: 100 */
  retryFirstMs?: number;
  /** Default: 5,000 */
  retryCapMs?: number;
  /** Default: .dlq */
  deadLetterSuffix?: string;
  /** Metrics and lag into the database. Default: 30,000 */
  reportEveryMs?: number;
  /** How old the settings from the database may be. Default: 300,000 */
  configCacheMs?: number;
  /** TLS and login of Kafka. */
  kafka?: ConnectionOptions;
  /** Default: stderr */
  log?: Logger;
}

/** With what was left out filled in. */
export type CompleteSettings = Required<Omit<StageSettings, 'groupId' | 'pool' | 'databaseUrl' | 'log'>> &
  Pick<StageSettings, 'groupId' | 'pool' | 'databaseUrl' | 'log'>;

/** Fails: Error for what cannot be. */
export function complete(settings: StageSettings): CompleteSettings {
  if (settings.serviceName === '') throw new Error('a stage needs a service name');
  if (settings.topics.length === 0) throw new Error('a stage needs a topic to consume');
  if (settings.deadLetterSuffix === '') throw new Error("a dead-letter topic's suffix may not be empty");
  return {
    brokers: ['localhost:9092'],
    retries: 3,
    retryFirstMs: 100,
    retryCapMs: 5_000,
    deadLetterSuffix: '.dlq',
    reportEveryMs: 30_000,
    configCacheMs: 300_000,
    kafka: {},
    ...settings,
  };
}

/**
 * The settings by the environment, under the names that the services in C++ have: LOOM_KAFKA_BOOTSTRAP_SERVERS,
 * LOOM_KAFKA_GROUP_ID, LOOM_DATABASE_URL, LOOM_DATABASE_CONFIG_CACHE, LOOM_STAGE_RETRIES, LOOM_STAGE_REPORT_EVERY
 * (seconds) and LOOM_DLQ_SUFFIX. A name with `_FILE` behind it is a file that holds the value.
 * Fails: Error with all that is wrong, without passwords.
 */
export function stageSettingsFromEnvironment(
  serviceName: string,
  topics: string[],
  environment: Record<string, string | undefined> = process.env,
): StageSettings {
  const errors: string[] = [];

  function variable(...names: string[]): string | undefined {
    for (const name of names) {
      const value = environment[name];
      if (value !== undefined && value !== '') return value;
      const file = environment[`${name}_FILE`];
      if (file === undefined || file === '') continue;
      try {
        return readFileSync(file, 'utf8').trim();
      } catch (error) {
        errors.push(`${name}_FILE cannot be read: ${(error as Error).message}`);
      }
    }
    return undefined;
  }
  function whole(name: string): number | undefined {
    const text = variable(name);
    if (text === undefined) return undefined;
    if (/^\d{1,9}$/.test(text)) return Number(text);
    errors.push(`${name} is a number from 0 on, not ${text}`);
    return undefined;
  }

  const settings: StageSettings = { serviceName, topics };
  const servers = variable('LOOM_KAFKA_BOOTSTRAP_SERVERS', 'KAFKA_BOOTSTRAP_SERVERS');
  if (servers !== undefined) settings.brokers = brokerList(servers);
  const groupId = variable('LOOM_KAFKA_GROUP_ID', 'KAFKA_GROUP_ID');
  if (groupId !== undefined) settings.groupId = groupId;
  const databaseUrl = variable('LOOM_DATABASE_URL', 'DATABASE_URL');
  if (databaseUrl !== undefined) settings.databaseUrl = databaseUrl;
  const suffix = variable('LOOM_DLQ_SUFFIX');
  if (suffix !== undefined) settings.deadLetterSuffix = suffix;
  const cache = whole('LOOM_DATABASE_CONFIG_CACHE');
  if (cache !== undefined) settings.configCacheMs = cache * 1_000;
  const retries = whole('LOOM_STAGE_RETRIES');
  if (retries !== undefined) settings.retries = retries;
  const every = whole('LOOM_STAGE_REPORT_EVERY');
  if (every !== undefined) settings.reportEveryMs = Math.max(1, every) * 1_000;
  if (variable('LOOM_STAGE_EXACTLY_ONCE') === 'true') {
    errors.push('LOOM_STAGE_EXACTLY_ONCE: stages in TypeScript work at least once; for exactly once take C++');
  }
  if (errors.length > 0) throw new Error(errors.join('; '));
  return settings;
}
