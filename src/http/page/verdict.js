'use strict';

// What is wrong, worst first, each with what to do about it: the answer for somebody who was woken. Pure.
//
// judge(status, seen) gives a list that is never empty; its first entry is the verdict.
//   level  ok, info, warn, bad or away
//   word   for the eye: OK, BEHIND, DATABASE AWAY, ...
//   text   goes on with the sentence
//   todo   what to do, one line
//
// `seen` is what only the page can know:
//   answerAge      seconds since the last answer; null when there was none
//   silent         the service does not answer (then `status` is the last answer, or null)
//   deadLately     dead letters in the last `lately` seconds, a minute at most, and their deadShare of the messages
//   poolFullFor    seconds that every connection was busy and batches waited
const Verdict = (() => {
  const kBehindSeconds = 30;
  const kRetentionRatio = 0.8;
  const kDeadShare = 0.01;
  const kPoolSeconds = 10;

  function silent(seen) {
    const since = seen.answerAge === null ? 'at all' : `for ${Format.duration(seen.answerAge)}`;
    const stale = seen.answerAge === null ? '' : ' - the values below are from then';
    return {
      level: 'away', word: 'NO ANSWER', text: `from the service ${since}${stale}`,
      todo: 'See whether its process runs and what its log says last. Nothing is lost: it goes on where the database says it is.',
    };
  }

  function unreachable(name, server, what) {
    if (server.reachable) return [];
    return [{
      level: 'bad', word: `${name} AWAY`,
      text: `since ${Format.duration(server.for_seconds)} - nothing is lost, it goes on by itself`,
      todo: `Bring ${what} back; nothing needs to be restarted here.${server.error ? ` It says: ${server.error}` : ''}`,
    }];
  }

  // A log that was never cut has nothing to lose yet, however little of it is stored.
  function nearlyLost(status) {
    const near = status.lag.partitions.filter(
      (one) => one.retention_ratio !== null && one.retention_ratio >= kRetentionRatio && one.begin > 0 && one.lag > 0);
    if (near.length === 0) return [];
    near.sort((a, b) => b.retention_ratio - a.retention_ratio);
    const [worst] = near;
    const more = near.length > 1 ? ` and ${near.length - 1} more` : '';
    return [{
      level: 'bad', word: 'ABOUT TO LOSE DATA',
      text: `${worst.topic} partition ${worst.partition}${more}: lag is ${Format.percent(worst.retention_ratio)} of what Kafka keeps`,
      todo: `Raise retention.ms and retention.bytes of ${worst.topic} now, then see why it is behind.`,
    }];
  }

  function stoppedTopics(status) {
    const stopped = status.stopped_topics;
    if (stopped.length === 0) return [];
    const [first] = stopped;
    const again = Format.known(first.next_try_seconds) ? `; next try in ${Format.duration(first.next_try_seconds)}` : '';
    const more = stopped.length > 1 ? ` (and ${stopped.length - 1} more)` : '';
    return [{
      level: 'bad', word: stopped.length === 1 ? '1 TOPIC STOPPED' : `${stopped.length} TOPICS STOPPED`,
      text: `${first.topic}${more} - ${first.reason}`,
      todo: `Mend what the reason names; it goes on by itself${again}. Messages wait in Kafka, the other topics go on.`,
    }];
  }

  function partitionsIn(status, state, stopped) {
    return status.lag.partitions.filter((one) => one.state === state && !stopped.has(one.topic));
  }

  function named(partitions) {
    const [first] = partitions;
    const more = partitions.length > 1 ? ` and ${partitions.length - 1} more` : '';
    return `${first.topic} partition ${first.partition}${more}`;
  }

  // With a server away every partition stands still, and that is said already.
  function stuckPartitions(status) {
    if (!status.database.reachable || !status.kafka.reachable) return [];
    const stopped = new Set(status.stopped_topics.map((one) => one.topic));
    const found = [];
    const unowned = partitionsIn(status, 'stop', stopped);
    if (unowned.length > 0) {
      found.push({
        level: 'bad', word: 'NO OWNER', text: `${named(unowned)}: messages wait and no replica reads them`,
        todo: 'Start a replica, or see why one does not come back into the group (rebalances, its log).',
      });
    }
    const stalled = partitionsIn(status, 'stall', stopped);
    if (stalled.length > 0) {
      found.push({
        level: 'bad', word: 'STALLED', text: `${named(stalled)}: there is lag and nothing is stored`,
        todo: 'See the last errors here and on the replica that owns it; locks in the database are the usual cause.',
      });
    }
    const back = partitionsIn(status, 'rewind', stopped);
    if (back.length > 0) {
      found.push({
        level: 'warn', word: 'WENT BACK', text: `${named(back)}: the stored offset is smaller than it was`,
        todo: 'Right after "offsets reset" or a failover of the database; otherwise find out who changed it.',
      });
    }
    return found;
  }

  function poolFull(status, seen) {
    if (seen.poolFullFor < kPoolSeconds) return [];
    return [{
      level: 'warn', word: 'POOL EXHAUSTED',
      text: `all ${status.pool.max} connections are busy and ${Format.plural(status.pool.waiting, 'batch waits', 'batches wait')}`,
      todo: 'The database is the limit: look for slow disks, locks, missing CPU there. More replicas would make it worse.',
    }];
  }

  function behind(status) {
    const { lag } = status;
    const seconds = lag.seconds ?? 0;
    if (lag.messages === 0 || lag.messages === null || seconds < kBehindSeconds) return [];
    const size = `${Format.plural(lag.messages, 'message', 'messages')}, ${Format.duration(seconds)}`;
    if (lag.catch_up_seconds !== null) {
      return [{
        level: 'warn', word: 'BEHIND', text: `${size}; caught up in about ${Format.duration(lag.catch_up_seconds)}`,
        todo: 'Nothing: it is catching up.',
      }];
    }
    const growing = lag.drain_rate < 0 ? `, growing by ${Format.rate(-lag.drain_rate)}/s` : ', not shrinking';
    return [{
      level: 'bad', word: 'FALLING BEHIND', text: `${size}${growing}`,
      todo: 'Pool busy and batches waiting: the database is the limit. Else: more CPU, or more replicas (at most one per partition).',
    }];
  }

  function deadLetters(seen) {
    if (seen.deadLately <= 0) return [];
    const many = seen.deadShare >= kDeadShare;
    return [{
      level: many ? 'warn' : 'note', word: 'DEAD LETTERS',
      text: `${Format.count(seen.deadLately)} in the last ${Format.duration(Math.round(seen.lately))}, ${Format.percent(seen.deadShare)} of the messages`,
      todo: 'See reason and example below; mend the producer or the mapping, then "dead-letters replay".',
    }];
  }

  function lifecycle(status) {
    const states = {
      starting: 'reading configuration, tables and offsets',
      joining: 'waiting for the group to give it partitions',
      waiting_for_database: 'waiting for the database',
    };
    const { state } = status.group;
    if (state === 'leaving') {
      return [{ level: 'info', word: 'STOPPING', text: 'it stores what it has and leaves the group', todo: '' }];
    }
    if (state === 'no_topics') {
      return [{
        level: 'info', word: 'NO TOPICS', text: 'none of the mapped topics exists in Kafka yet',
        todo: 'Nothing, when the producers come later. Else compare the names in the mapping file with those in Kafka.',
      }];
    }
    if (!(state in states)) return [];
    return [{
      level: 'info', word: 'STARTING', text: `${states[state]}, up ${Format.duration(status.uptime_seconds)}`,
      todo: status.uptime_seconds > 60 ? 'This should take seconds: see the last errors.' : '',
    }];
  }

  function fine(status) {
    const { lag, rates } = status;
    if (status.assignment.length === 0) {
      return { level: 'ok', word: 'OK', text: 'standing by: no partition is assigned to this replica', todo: 'Nothing.' };
    }
    const speed = rates.messages_per_second_1m < 0.05 && lag.messages === 0
      ? 'nothing arrives at the moment' : `${Format.rate(rates.messages_per_second)} messages/s`;
    const late = lag.seconds > 0 ? `, ${Format.duration(lag.seconds)} behind` : '';
    return { level: 'ok', word: 'OK', text: `keeping up - ${speed}${late}`, todo: 'Nothing.' };
  }

  function judge(status, seen) {
    if (seen.silent || status === null) return [silent(seen)];
    const problems = [
      ...unreachable('DATABASE', status.database, 'PostgreSQL'),
      ...unreachable('KAFKA', status.kafka, 'Kafka'),
      ...nearlyLost(status), ...stoppedTopics(status), ...stuckPartitions(status), ...behind(status),
      ...lifecycle(status), ...poolFull(status, seen), ...deadLetters(seen),
    ];
    // A note stands beside a verdict and is none.
    if (problems.length === 0 || problems[0].level === 'note') return [fine(status), ...problems];
    return problems;
  }

  return { judge, behindSeconds: kBehindSeconds };
})();
