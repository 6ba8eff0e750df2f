// What a service does with the consumer that the TypeScript snippet has made: so many messages, and what it saw.
import type { Pool } from 'pg';
import { createOptimizedConsumer, KafkaConsumerConfigLoader } from './services/consumerConfigLoader';

type Consumer = Awaited<ReturnType<typeof createOptimizedConsumer>>;

export async function consume(consumer: Consumer, pool: Pool): Promise<void> {
  const count = Number(process.env.COUNT);
  const values: string[] = [];
  await new Promise<void>((enough) => {
    void consumer.run({
      eachMessage: async ({ message }) => {
        values.push(String(message.value));
        if (values.length === count) setImmediate(enough);
      },
    });
  });
  const loader = new KafkaConsumerConfigLoader(pool);
  const [at] = consumer.positionsAndEnds();
  const recorded = await loader.recordConsumerLag([
    {
      serviceName: 'service-name',
      consumerGroupId: consumer.config.consumerGroupId,
      topic: 'topic-name',
      partition: 0,
      currentOffset: at?.offset ?? -1n,
      endOffset: (at?.offset ?? -1n) + 7n,
    },
  ]);
  await consumer.close();
  const { rows } = await pool.query('SELECT 1 AS one'); // it is the caller's: nobody has ended it
  await pool.end();
  console.log(
    JSON.stringify({
      values,
      recorded,
      pool_is_open: rows[0].one === 1,
      records_per_turn: consumer.recordsPerTurn,
      source: consumer.config.source,
    }),
  );
}
