import assert from 'node:assert/strict';
import { test } from 'node:test';

import { countWords, type Transcript, withWordCounts } from './count.js';

test('words are counted whatever their case and what is around them', () => {
  assert.deepEqual(
    { ...countWords({ text: "The cat, the DOG; don't! Ünder 42 x-ray (cat)" }) },
    {
      the: 2,
      cat: 2,
      dog: 1,
      "don't": 1,
      ünder: 1,
      '42': 1,
      'x-ray': 1,
    },
  );
});

test('the list of words goes before the text', () => {
  const words = [{ word: 'Hello', start: 0 }, { word: ' world. ' }, 'hello', { start: 1 }, null];
  assert.deepEqual(
    { ...countWords({ words: words as Transcript['data']['words'], text: 'other' }) },
    {
      hello: 2,
      world: 1,
    },
  );
});

test('names that objects have are words like any other', () => {
  const counts = countWords({ text: 'constructor __proto__ toString' });
  assert.equal(counts.constructor, 1);
  assert.equal(counts.tostring, 1);
});

test('the message is kept, with the counts and the trace added', () => {
  const transcript = {
    trace_id: 't1',
    device_id: 'd1',
    timestamp: '2025-06-01T12:00:00Z',
    metadata: { asr_model: 'm' },
    data: { transcript: 'a b a', language: 'en' },
  };
  assert.deepEqual(JSON.parse(JSON.stringify(withWordCounts(transcript))), {
    ...transcript,
    data: { ...transcript.data, word_counts: { a: 2, b: 1 }, transcript_trace_id: 't1' },
  });
});

test('what is no transcript fails', () => {
  assert.throws(() => countWords({}), /neither data.words nor data.text/);
  for (const message of [null, {}, { device_id: 'd' }, { device_id: 1, data: { text: '' } }]) {
    assert.throws(() => withWordCounts(message as unknown as Transcript), /no device_id or no data/);
  }
});
