'use strict';

// The page's tables: which columns, in which order, with which words. See page.js for how tests read them.
const Tables = (() => {
  const byId = (id) => document.getElementById(id);
  const text = (id, title, value, more = {}) => ({ id, title, value, text: (row) => String(value(row) ?? Format.unknown), ...more });
  const number = (id, title, value, format, more = {}) => ({ id, title, value, text: (row) => format(value(row)), number: true, ...more });

  // The state of a topic or partition in a word, the colour that goes with it, and how bad it is.
  const lagStates = {
    ok: ['ok', 'ok', 0], unknown: ['running', 'ok', 0], warn: ['falling behind', 'warn', 3], rewind: ['went back', 'warn', 4],
    stall: ['stalled', 'bad', 5], stop: ['no owner', 'bad', 6],
  };
  const topicStates = { stopped: ['STOPPED', 'bad', 8], waiting_for_plan: ['waiting for its table', 'info', 2], idle: ['not here', 'idle', -1] };
  const unseen = ['?', 'info', 1];

  function stateOf(topic) {
    if (topic.trouble && topic.state !== 'stopped') return [topic.trouble.title.toLowerCase(), 'bad', 7];
    return topicStates[topic.state] ?? lagStates[topic.lag_state] ?? unseen;
  }

  function detailOf(topic) {
    if (topic.state !== 'stopped') return topic.trouble?.says ?? '';
    const again = Format.known(topic.next_try_seconds) ? ` (next try in ${Format.duration(topic.next_try_seconds)})` : '';
    return `${topic.reason ?? ''}${again}`;
  }

  const byLag = (a, b) => (b.lag ?? -1) - (a.lag ?? -1);
  const byName = (a, b) => (a.topic < b.topic ? -1 : Number(a.topic > b.topic));

  function topics() {
    return new LiveTable(byId('topics'), {
      caption: 'Topics of this replica, with the lag of the whole group',
      keyOf: (row) => row.topic,
      columns: [
        text('topic', 'Topic', (row) => row.topic, { name: true }),
        {
          id: 'state', title: 'State', value: (row) => stateOf(row)[2], text: (row) => stateOf(row)[0],
          level: (row) => stateOf(row)[1], detail: detailOf,
        },
        number('lag', 'Lag', (row) => row.lag, Format.count, { hint: 'messages, of the whole group' }),
        number('lag_seconds', 'Behind', (row) => row.lag_seconds, Format.duration, { hint: 'age of the first message that is not stored' }),
        number('catch_up', 'Caught up in', (row) => row.catch_up_seconds, Format.duration),
        number('messages_per_second', 'Messages/s', (row) => row.messages_per_second, Format.rate),
        number('rows_per_second', 'Rows/s', (row) => row.rows_per_second, Format.rate),
        number('rows', 'Rows', (row) => row.rows, Format.count,
          { hint: 'since the start; upserted: the table had their keys, or may have', text: (row) => rowsOf(row) }),
        number('dead_letters', 'Dead letters', (row) => row.dead_letters, Format.count, { hint: 'since the start' }),
        number('dead_letters_waiting', 'Wait', (row) => row.dead_letters_waiting?.total, Format.count,
          { hint: 'dead letters of the whole group that wait to be replayed or purged', text: (row) => Format.countAtLeast(row.dead_letters_waiting) }),
        number('last_commit', 'Last commit', (row) => (row.last_commit ? Date.parse(row.last_commit) : null), Format.count,
          { text: (row) => Format.ago(row.last_commit, row.now) }),
      ],
      sort: { column: 'state', descending: true },
      then: (a, b) => byLag(a, b) || byName(a, b),
      words: (row) => [row.topic, row.mapping, ...row.tables, row.state, stateOf(row)[0], row.reason ?? ''].join(' '),
      filter: byId('topics-filter'), more: byId('topics-more'), count: byId('topics-count'), limit: 50,
    });
  }

  // Of a topic that only inserts there is no more to say than how many.
  function rowsOf(row) {
    const said = [[row.upserted_rows, 'upserted'], [row.deleted_rows, 'deleted']].filter(([count]) => count > 0);
    const more = said.map(([count, what]) => `${Format.count(count)} ${what}`).join(', ');
    return more ? `${Format.count(row.rows)} (${more})` : Format.count(row.rows);
  }

  // What this replica's assignment and the group's lag say of each partition, as one list.
  function joinPartitions(status) {
    const all = new Map();
    const at = (one) => `${one.topic}/${one.partition}`;
    const waits = new Set(status.topics.filter((one) => one.state === 'stopped' || one.trouble).map((one) => one.topic));
    for (const one of status.lag.partitions) all.set(at(one), { ...one, here: null, waits: waits.has(one.topic) && one.lag > 0 });
    for (const one of status.assignment) {
      const known = all.get(at(one)) ?? { ...one, committed: one.stored, lag: null, seconds: null, state: 'unknown', retention_ratio: null };
      all.set(at(one), { ...known, here: one });
    }
    return [...all.values()];
  }

  // What the topic waits for is told with the topic.
  const partitionState = (row) => (row.waits ? ['waits', 'bad', 5] : lagStates[row.state] ?? unseen);

  function hereOf(row) {
    if (row.here) return row.here.leaving ? 'leaving' : 'yes';
    if (row.assigned === null || row.assigned === undefined) return Format.unknown;
    return row.assigned ? 'other replica' : 'nobody';
  }

  function partitions() {
    const table = new LiveTable(byId('partitions'), {
      caption: 'Partitions of the group',
      keyOf: (row) => `${row.topic}/${row.partition}`,
      columns: [
        text('topic', 'Topic', (row) => row.topic, { name: true }),
        number('partition', 'Partition', (row) => row.partition, Format.count),
        {
          id: 'state', title: 'State', value: (row) => partitionState(row)[2],
          text: (row) => partitionState(row)[0], level: (row) => partitionState(row)[1],
        },
        text('here', 'Here', hereOf),
        number('lag', 'Lag', (row) => row.lag, Format.count),
        number('seconds', 'Behind', (row) => row.seconds, Format.duration),
        number('retention_ratio', 'Of retention', (row) => row.retention_ratio, Format.percent,
          { hint: 'lag as a part of what Kafka keeps; at 100 % the next deletion loses messages' }),
        number('consumed_per_second', 'Stored/s', (row) => row.consumed_per_second, Format.rate),
        number('produced_per_second', 'Arriving/s', (row) => row.produced_per_second, Format.rate),
        number('committed', 'Next offset', (row) => row.committed, (value) => (Format.known(value) ? String(value) : Format.unknown)),
        number('end', 'End of log', (row) => row.end, (value) => (Format.known(value) ? String(value) : Format.unknown)),
      ],
      sort: { column: 'state', descending: true },
      then: (a, b) => byLag(a, b) || byName(a, b) || a.partition - b.partition,
      words: (row) => `${row.topic}/${row.partition} ${row.state} ${partitionState(row)[0]} ${row.here ? 'here' : ''} ${hereOf(row)}`,
      filter: byId('partitions-filter'), more: byId('partitions-more'), count: byId('partitions-count'), limit: 20,
    });
    return { update: (status) => table.update(joinPartitions(status)) };
  }

  // The words of a command line, safe to paste whatever a topic is called.
  const quoted = (word) => (/^[\w.-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);

  function deadLetters() {
    const table = new LiveTable(byId('dead-letter-reasons'), {
      caption: 'Dead letters by reason, with the newest example of each',
      keyOf: (row) => row.reason,
      columns: [
        text('reason', 'Reason', (row) => row.reason, { name: true }),
        number('waiting', 'Wait', (row) => row.waiting, Format.count, { hint: 'of the whole group' }),
        number('count', 'Since the start', (row) => row.count, Format.count),
        text('message', 'Example', (row) => row.example?.message),
        text('where', 'Topic, partition, offset', (row) =>
          (row.example ? `${row.example.topic} / ${row.example.partition} / ${row.example.offset}` : null), { name: true }),
        text('trace', 'Trace', (row) => row.example?.trace_id),
        text('time', 'When', (row) => row.example?.time, { text: (row) => Format.ago(row.example?.time, row.now) }),
        text('command', 'To see more', (row) => (row.example
          ? `kafka-to-db-consumer dead-letters list --topic ${quoted(row.example.topic)} --reason ${row.reason}` : null), { code: true }),
      ],
    });
    return {
      update(status) {
        const { by_reason: reasons, waiting, examples } = status.dead_letters;
        const names = new Set([...Object.keys(reasons), ...Object.keys(waiting?.by_reason ?? {})]);
        const newest = new Map();
        for (const one of examples) {
          if (!newest.has(one.reason) || newest.get(one.reason).time < one.time) newest.set(one.reason, one);
        }
        const rows = [...names].map((reason) => ({
          reason, count: reasons[reason] ?? 0, waiting: waiting ? waiting.by_reason[reason] ?? 0 : null, example: newest.get(reason), now: status.time,
        })).sort((a, b) => (b.waiting ?? 0) - (a.waiting ?? 0) || b.count - a.count);
        table.update(rows);
        byId('no-dead-letters').hidden = rows.length > 0;
        byId('dead-letter-reasons').parentElement.hidden = rows.length === 0;
      },
    };
  }

  function servers() {
    const table = new LiveTable(byId('servers'), {
      caption: 'The database and the brokers',
      keyOf: (row) => row.name,
      columns: [
        text('name', 'Server', (row) => row.name, { name: true }),
        { ...text('state', 'State', (row) => (row.up ? 'answers' : 'AWAY')), level: (row) => (row.up ? 'ok' : 'bad'), detail: (row) => row.detail },
      ],
    });
    const server = (name, one) => ({
      name, up: one.reachable, detail: [`for ${Format.duration(one.for_seconds)}`, one.error].filter(Boolean).join(': '),
    });
    // A fetch is held at the broker until there is something: a figure of its own would read like a slow network.
    const answersOf = (broker, longest) => (broker.round_trip_seconds > 0
      ? `answers after ${Format.milliseconds(broker.round_trip_seconds)}, 99 % within ${Format.milliseconds(broker.round_trip_p99_seconds)}; `
        + `a fetch waits there for messages${longest ? `, up to ${longest} ms` : ''}` : '');
    return {
      update(status) {
        const brokers = (status.kafka.brokers ?? []).map((one) => ({
          name: `broker ${one.id}, ${one.address}`, up: one.up, detail: answersOf(one, status.settings?.['fetch.wait.max.ms']),
        }));
        table.update([server('PostgreSQL', status.database), server('Kafka', status.kafka), ...brokers]);
      },
    };
  }

  function errors() {
    const levels = { warning: 'warn', error: 'bad', critical: 'bad' };
    const table = new LiveTable(byId('errors'), {
      caption: 'The last different warnings and errors of this replica, newest first',
      keyOf: (row) => `${row.level} ${row.topic} ${row.message}`,
      columns: [
        text('time', 'When', (row) => row.time, { text: (row) => Format.ago(row.time, row.now) }),
        { ...text('level', 'Level', (row) => row.level), level: (row) => levels[row.level] ?? 'info' },
        text('topic', 'Topic', (row) => row.topic, { name: true }),
        text('message', 'What', (row) => row.message),
        number('times', 'Times', (row) => row.times, Format.count),
      ],
    });
    return {
      update(status) {
        table.update(status.last_errors.map((one) => ({ ...one, now: status.time })));
        byId('no-errors').hidden = status.last_errors.length > 0;
        byId('errors').parentElement.hidden = status.last_errors.length === 0;
      },
    };
  }

  function make() {
    const ofTopics = topics();
    const rest = [deadLetters(), servers(), partitions(), errors()];
    return {
      update(status) {
        ofTopics.update(status.topics.map((one) => ({ ...one, now: status.time })));
        for (const table of rest) table.update(status);
      },
    };
  }

  return { make };
})();
