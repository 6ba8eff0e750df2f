import { createOptimizedConsumer } from './services/consumerConfigLoader';

const consumer = await createOptimizedConsumer(
    pool,
    { brokers: ['kafka:9092'] },
    'service-name',
    ['topic-name']
);
