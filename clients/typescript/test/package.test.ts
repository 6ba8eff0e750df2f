import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';

// The package by its own name, through its `exports`: what dist/ holds, and not src/.
const name: string = '@loom/kafka';

test('ES modules and CommonJS get the same names', async () => {
  const asModule = (await import(name)) as Record<string, unknown>;
  const asCommonJs = createRequire(import.meta.url)(name) as Record<string, unknown>;
  assert.deepEqual(
    Object.keys(asModule).sort(),
    Object.keys(asCommonJs)
      .filter((key) => key !== '__esModule')
      .sort(),
  );
  for (const key of ['createOptimizedConsumer', 'KafkaConsumerConfigLoader', 'BaseKafkaConsumer', 'translate']) {
    assert.equal(typeof asModule[key], 'function', key);
    assert.equal(typeof asCommonJs[key], 'function', key);
  }
});
