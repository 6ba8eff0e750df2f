// What @loom/kafka makes of the database: see load_all.py, of which this is the same in JavaScript.
import { text } from 'node:stream/consumers';

import { KafkaConsumerConfigLoader } from '@loom/kafka';
import pg from 'pg';

const given = JSON.parse(await text(process.stdin));
const warn = () => {};

function byColumn(object) {
  const column = (name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [column(name), value]));
}

async function configs(pool, services) {
  const loader = new KafkaConsumerConfigLoader(pool, { warn });
  const found = {};
  for (const name of services) found[name] = byColumn(await loader.loadConfig(name));
  return found;
}

const pool = new pg.Pool({ connectionString: given.url, max: 1 });
const alone = new pg.Pool({ connectionString: given.unreachable, max: 1 });
const recommendations = await new KafkaConsumerConfigLoader(pool, { warn }).getProcessingRecommendations();
console.log(
  JSON.stringify({
    configs: await configs(pool, given.services),
    without_database: await configs(alone, given.alone),
    recommendations: recommendations.map(byColumn),
  }),
);
await Promise.all([pool.end(), alone.end()]);
