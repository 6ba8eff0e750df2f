export { BaseKafkaConsumer } from './base-consumer.js';
export {
  createOptimizedConsumer,
  KafkaConsumerConfigLoader,
  type KafkaOptions,
  type LagRecord,
  type LoaderOptions,
  type Priority,
  type ProcessingMetrics,
  type Recommendation,
} from './config-loader.js';
export {
  type ConsumerConfig,
  type ConsumerConfigColumns,
  defaultConfig,
  fromColumns,
  toColumns,
} from './consumer-config.js';
export type { ConsumerOptions, EachMessagePayload, RunOptions } from './consumer-options.js';
export { OptimizedConsumer } from './consumer.js';
export { type DatabaseClient, DatabaseError, type DatabasePool, type DatabaseProblem } from './database.js';
export type { ConnectionOptions, SaslOptions } from './kafka/connection.js';
export type { PositionAndEnd, TopicPosition } from './kafka/partitions.js';
export type { KafkaMessage, MessageHeader } from './kafka/message.js';
export type { Logger } from './log.js';
export { runUntilSignalled } from './run-until-signalled.js';
export type { Headers, StageMessage } from './stage/message.js';
export { type StageSettings, stageSettingsFromEnvironment } from './stage/settings.js';
export { TryLater } from './stage/try-later.js';
export { sameClient, translate, type Translation } from './translate.js';
