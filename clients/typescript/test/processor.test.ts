import assert from 'node:assert/strict';
import { test } from 'node:test';

import { TryLater } from '../src/index.js';
import type { KafkaMessage } from '../src/kafka/message.js';
import type { StageMessage } from '../src/stage/message.js';
import { Processor } from '../src/stage/processor.js';
import { Tally } from '../src/stage/report.js';

const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
const settings = { retries: 2, retryFirstMs: 1, retryCapMs: 1, deadLetterSuffix: '.dlq' };

function message(value: string | null): KafkaMessage {
  const at = { topic: 'in', partition: 0, offset: 7n, timestamp: -1, key: null, headers: [] };
  return { ...at, value: value === null ? null : Buffer.from(value) };
}

/** A processor that does `work`, and how often it was asked to. */
function processing(work: (tries: number, processor: Processor<unknown>) => void, isAwaited = false) {
  const asked: StageMessage<unknown>[] = [];
  const tally = new Tally(0);
  const busy: boolean[] = [];
  const stop = { wait: async () => true, busy: (withAMessage: boolean) => void busy.push(withAMessage) };
  const processor: Processor<unknown> = new Processor<unknown>(
    (one) => {
      asked.push(one);
      work(asked.length, processor);
    },
    settings,
    stop,
    tally,
    quiet,
  );
  const limits = { group: 'g', maxPollIntervalMs: 60_000, isAwaited: () => isAwaited };
  const process = async (value: string | null): Promise<string[] | null> => {
    const result = await processor.process(message(value), limits);
    return result === null ? null : result.outputs.map((output) => `${output.topic}:${output.value?.toString()}`);
  };
  return { asked, busy, tally, process };
}

test('only what the try that worked has sent goes out', async () => {
  const { asked, busy, tally, process } = processing((tries, processor) => {
    processor.send('out', { tries }, null, {});
    if (tries < 3) throw new Error('flaky');
  });
  assert.deepEqual(await process('{"n":1}'), ['out:{"tries":3}']);
  assert.deepEqual(asked[0]!.value, { n: 1 });
  const { messagesProcessed, errors } = tally.take('s', 1);
  assert.deepEqual([messagesProcessed, errors], [1, 1]);
  assert.deepEqual(busy, [true, false]);
});

test('after its retries a message is a dead letter, and nothing that it sent goes out', async () => {
  const { asked, process } = processing((_tries, processor) => {
    processor.send('out', 'x', null, {});
    throw new Error('never');
  });
  assert.deepEqual(await process('{}'), ['in.dlq:{}']);
  assert.equal(asked.length, 3);
});

test('what is no JSON is a dead letter without a try', async () => {
  const { asked, process } = processing(() => undefined);
  assert.deepEqual(await process('no json'), ['in.dlq:no json']);
  assert.deepEqual(await process(null), ['in.dlq:undefined']);
  assert.equal(asked.length, 0);
});

test('TryLater takes no retries', async () => {
  const { asked, process } = processing((tries) => {
    if (tries < 10) throw new TryLater('away');
  });
  assert.deepEqual(await process('{}'), []);
  assert.equal(asked.length, 10);
});

test('TryLater does not hold up a rebalance', async () => {
  const { asked, process } = processing(() => {
    throw new TryLater('away');
  }, true);
  assert.equal(await process('{}'), null);
  assert.equal(asked.length, 1);
});
