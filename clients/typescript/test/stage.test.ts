import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import { BaseKafkaConsumer, stageSettingsFromEnvironment } from '../src/index.js';
import type { KafkaMessage } from '../src/kafka/message.js';
import { bareDeadLetterOf, deadLetterOf } from '../src/stage/dead-letters.js';
import { Delivery } from '../src/stage/delivery.js';
import type { Output, Result } from '../src/stage/turn.js';
import { RefusedError } from '../src/stage/producer.js';
import { Tally } from '../src/stage/report.js';
import { Stop } from '../src/stage/stop.js';
import { Backoff } from '../src/timing.js';

const message: KafkaMessage = {
  topic: 'in',
  partition: 3,
  offset: 42n,
  timestamp: 1_700_000_000_000,
  key: Buffer.from('k'),
  value: Buffer.from('v'),
  headers: [{ key: 'h', value: Buffer.from('1') }],
};
const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };

function output(value: string): Output {
  return { topic: 'out', key: null, value: Buffer.from(value), headers: [] };
}

function texts(outputs: Output[]): string[] {
  return outputs.map(({ topic, value }) => `${topic}:${value === null ? '' : value.toString()}`);
}

/** A producer that refuses what holds "large" and fails as often as it is told to. */
class FakeProducer {
  requests: string[][] = [];
  failures = 0;
  refuses: (output: Output) => boolean = ({ value }) => value?.includes('large') ?? false;

  async send(outputs: Output[]): Promise<void> {
    if (this.failures > 0) {
      this.failures -= 1;
      throw new Error('away');
    }
    if (outputs.some((one) => this.refuses(one))) throw new RefusedError('too large');
    this.requests.push(texts(outputs));
  }
  async close(): Promise<void> {}
}

const topics = { prepare: async () => 2 };
const by = { group: 'g', deadLetterSuffix: '.dlq' };

function deliveryTo(producer: FakeProducer, overdue: () => boolean = () => false): Delivery {
  const stop = {
    get overdue() {
      return overdue();
    },
    expired: new Promise<void>(() => undefined),
    wait: async () => true,
  };
  return new Delivery(producer, topics, by, stop, quiet);
}

test("a dead letter is the message, and says where it was and why it is one, in C++'s order", () => {
  const letter = deadLetterOf(message, 'in.dlq', 'g', 'processing_failed', 'it broke');
  assert.deepEqual([letter.key, letter.value, letter.partition], [message.key, message.value, 3]);
  assert.deepEqual(
    letter.headers.map(({ key, value }) => `${key}=${value?.toString()}`),
    [
      'h=1',
      'dlq.topic=in',
      'dlq.partition=3',
      'dlq.offset=42',
      'dlq.timestamp=1700000000000',
      'dlq.group=g',
      'dlq.reason=processing_failed',
      'dlq.message=it broke',
    ],
  );
  const left = bareDeadLetterOf(letter, 'too large');
  assert.deepEqual([left.key, left.value], [null, null]);
  assert.equal(
    left.headers.some(({ key }) => key === 'h'),
    false,
  );
  assert.equal(left.headers.at(-1)!.key, 'dlq.left_out');
});

test('what fails in passing is sent again, and nothing twice that was acknowledged', async () => {
  const producer = new FakeProducer();
  producer.failures = 3;
  const results: Result[] = [{ message, outputs: [output('1'), output('2')] }];
  assert.equal(await deliveryTo(producer).deliver(results), true);
  assert.deepEqual(producer.requests, [['out:1', 'out:2']]);
});

test('a message of which an output is refused is a dead letter; the others of the turn go out', async () => {
  const producer = new FakeProducer();
  const results: Result[] = [
    { message, outputs: [output('1')] },
    { message: { ...message, offset: 43n }, outputs: [output('large'), output('not sent')] },
    { message: { ...message, offset: 44n }, outputs: [output('3')] },
  ];
  assert.equal(await deliveryTo(producer).deliver(results), true);
  assert.deepEqual(producer.requests.flat().sort(), ['in.dlq:v', 'out:1', 'out:3']);
});

test('a dead letter that is refused goes without its content', async () => {
  const producer = new FakeProducer();
  producer.refuses = ({ value }) => value !== null;
  const letter = deadLetterOf(message, 'in.dlq', 'g', 'processing_failed', 'it broke');
  assert.equal(await deliveryTo(producer).deliver([{ message, outputs: [letter] }]), true);
  assert.deepEqual(producer.requests, [['in.dlq:']]);
});

test('a large turn is sent in several requests, in order', async () => {
  const producer = new FakeProducer();
  const values = Array.from({ length: 10 }, (_unused, i) => String(i).repeat(200_000));
  await deliveryTo(producer).deliver([{ message, outputs: values.map(output) }]);
  assert.ok(producer.requests.length >= 4);
  assert.deepEqual(
    producer.requests.flat(),
    values.map((value) => `out:${value}`),
  );
});

test('a stage that is to end gives up when its time is over', async () => {
  const producer = new FakeProducer();
  producer.failures = 1_000;
  let tries = 0;
  const delivery = deliveryTo(producer, () => (tries += 1) > 3);
  assert.equal(await delivery.deliver([{ message, outputs: [output('1')] }]), false);
});

test('a broker that does not answer does not hold up the end', async () => {
  const stop = new Stop();
  const producer = { send: () => new Promise<void>(() => undefined), close: async () => undefined };
  const delivery = new Delivery(producer, topics, by, stop, quiet);
  const delivering = delivery.deliver([{ message, outputs: [output('1')] }]);
  stop.request();
  const alive = setTimeout(() => undefined, 10_000);
  const start = performance.now();
  assert.equal(await delivering, false);
  clearTimeout(alive);
  assert.ok(performance.now() - start < 6_000);
});

test('the message at hand may take its time; what is done has some after it', async (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const stop = new Stop();
  stop.busy(true);
  stop.request();
  context.mock.timers.tick(60_000);
  assert.equal(stop.overdue, false);
  stop.busy(false);
  context.mock.timers.tick(3_999);
  assert.equal(stop.overdue, false);
  context.mock.timers.tick(1);
  assert.equal(stop.overdue, true);
  await stop.expired;
});

test('a stage that was not asked to end is never late', (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const stop = new Stop();
  stop.busy(false);
  context.mock.timers.tick(60_000);
  assert.deepEqual([stop.requested, stop.overdue], [false, false]);
});

test('the tally counts messages, errors, times and rebalances, and begins anew', () => {
  const tally = new Tally(0);
  tally.processed(10, false);
  tally.processed(30, true);
  tally.rebalanced(2);
  const { memoryUsageMb, ...metrics } = tally.take('s', 4_000);
  assert.deepEqual(metrics, {
    serviceName: 's',
    messagesProcessed: 2,
    messagesPerSecond: 0.5,
    processingTimeMs: 20,
    errors: 1,
    rebalances: 2,
  });
  assert.ok(memoryUsageMb > 1);
  assert.equal(tally.take('s', 4_000).messagesPerSecond, 0);
});

test('waits double up to their cap', () => {
  const backoff = new Backoff(100, 500, () => 1);
  assert.deepEqual(
    [1, 2, 3, 4].map(() => backoff.next()),
    [100, 200, 400, 500],
  );
  backoff.reset();
  assert.equal(backoff.next(), 100);
});

test('settings come from the environment, under the names of the services in C++', () => {
  const folder = mkdtempSync(join(tmpdir(), 'loom-kafka-'));
  try {
    const secret = join(folder, 'url');
    writeFileSync(secret, 'postgresql://db/loom\n');
    const settings = stageSettingsFromEnvironment('s', ['in'], {
      LOOM_KAFKA_BOOTSTRAP_SERVERS: 'a:1, b:2',
      LOOM_KAFKA_GROUP_ID: 'g',
      LOOM_DATABASE_URL_FILE: secret,
      LOOM_DATABASE_CONFIG_CACHE: '5',
      LOOM_STAGE_RETRIES: '0',
      LOOM_STAGE_REPORT_EVERY: '2',
      LOOM_DLQ_SUFFIX: '.dead',
    });
    assert.deepEqual(settings, {
      serviceName: 's',
      topics: ['in'],
      brokers: ['a:1', 'b:2'],
      groupId: 'g',
      databaseUrl: 'postgresql://db/loom',
      configCacheMs: 5_000,
      retries: 0,
      reportEveryMs: 2_000,
      deadLetterSuffix: '.dead',
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('all that is wrong in the environment is said at once', () => {
  const environment = { LOOM_STAGE_RETRIES: '-1', LOOM_STAGE_EXACTLY_ONCE: 'true', LOOM_DATABASE_CONFIG_CACHE: 'x' };
  assert.throws(
    () => stageSettingsFromEnvironment('s', ['in'], environment),
    /LOOM_DATABASE_CONFIG_CACHE.*LOOM_STAGE_RETRIES.*LOOM_STAGE_EXACTLY_ONCE/,
  );
});

test('nothing is sent outside of processMessage()', () => {
  class Stage extends BaseKafkaConsumer {
    protected override processMessage(): void {}
    send(): void {
      this.sendToTopic('out', {});
    }
  }
  assert.throws(() => new Stage({ serviceName: 's', topics: ['in'] }).send(), /outside of processMessage/);
  assert.throws(() => new Stage({ serviceName: 's', topics: [] }), /needs a topic/);
});
