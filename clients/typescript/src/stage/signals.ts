import type { BaseKafkaConsumer } from './base-consumer.js';

const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

/** run(), with SIGTERM and SIGINT taken as stop() while it lasts. */
export async function runUntilSignalled(stage: BaseKafkaConsumer): Promise<void> {
  const stop = (): void => stage.stop();
  for (const signal of SIGNALS) process.on(signal, stop);
  try {
    await stage.run();
  } finally {
    for (const signal of SIGNALS) process.off(signal, stop);
  }
}
