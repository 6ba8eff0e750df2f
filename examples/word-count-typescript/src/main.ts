// A pipeline stage: how often is each word in a transcript?  See README.md.
import { BaseKafkaConsumer, runUntilSignalled, type StageMessage, stageSettingsFromEnvironment } from '@loom/kafka';

import { type Transcript, withWordCounts } from './count.js';

class WordCount extends BaseKafkaConsumer<Transcript> {
  readonly #output = process.env.OUTPUT_TOPIC ?? 'media.text.word_counts';

  // A message that is no transcript throws: it is tried again, then it becomes a dead letter.
  protected override processMessage(message: StageMessage<Transcript>): void {
    this.sendToTopic(this.#output, withWordCounts(message.value), message.value.device_id);
  }
}

try {
  const input = process.env.INPUT_TOPIC ?? 'media.text.transcribed.words';
  await runUntilSignalled(new WordCount(stageSettingsFromEnvironment('word-count', [input])));
} catch (error) {
  console.error(`word-count: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
