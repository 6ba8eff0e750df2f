export {
  createOptimizedConsumer,
  KafkaConsumerConfigLoader,
  type KafkaOptions,
  type LoaderOptions,
} from './config/config-loader.js';
export type { LagRecord, Priority, ProcessingMetrics, Recommendation } from './config/config-store.js';
export {
  type ConsumerConfig,
  type ConsumerConfigColumns,
  defaultConfig,
  fromColumns,
  toColumns,
} from './config/consumer-config.js';
export { type DatabaseClient, DatabaseError, type DatabasePool, type DatabaseProblem } from './config/database.js';
export { sameClient, translate, type Translation } from './config/translation.js';
export { OptimizedConsumer } from './consumer/consumer.js';
export type { ConsumerOptions, EachMessagePayload, RunOptions } from './consumer/consumer-options.js';
export type { ConnectionOptions, SaslOptions } from './kafka/connection.js';
export type { KafkaMessage, MessageHeader } from './kafka/message.js';
export type { PositionAndEnd, TopicPosition } from './kafka/partitions.js';
export type { Logger } from './log.js';
export { BaseKafkaConsumer } from './stage/base-consumer.js';
export { type Headers, type StageMessage, TryLater } from './stage/message.js';
export { type StageSettings, stageSettingsFromEnvironment } from './stage/settings.js';
export { runUntilSignalled } from './stage/signals.js';
