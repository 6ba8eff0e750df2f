'use strict';

// The page's life: asks /status every second, and shows the answer, or how long there was none.
//
// What tests and scripts can rely on:
//   body[data-fresh]                 true while the service answers; false: every value is from the last answer
//   body[data-answers]               how many answers were shown
//   #verdict[data-level]             ok, info, warn, bad, away; #verdict-word, #verdict-text, #verdict-do its words,
//                                    #also li[data-level] what else there is
//   #age                             how old the answer is
//   [data-value]                     the number in /status that an element shows, unrounded; "" when not known:
//                                    #messages-per-second #rows-per-second (and ...-1m) #total-messages #total-rows
//                                    #total-bytes #lag-messages #lag-seconds #catch-up #drain-rate #dead-letters
//                                    #dead-letters-waiting
//                                    #pool-busy #pool-max #pool-connections #pool-waiting #memory-resident
//                                    #fetch-queue #rebalances #uptime
//   #topics tbody tr[data-key=TOPIC] with td[data-column][data-value]: state (a rank; the word is its text), lag,
//                                    lag_seconds, catch_up, messages_per_second, rows_per_second, rows, dead_letters,
//                                    dead_letters_waiting, last_commit
//   #partitions tr[data-key=TOPIC/N], #dead-letter-reasons tr[data-key=REASON], #servers, #errors: the same way
//   th[aria-sort], th button[data-sort=COLUMN], #topics-filter, #topics-more, #topics-count (and #partitions-...)
(() => {
  const kEvery = 1_000;
  const kTimeout = 3_000;
  const kSilentAfter = 3_500;
  const byId = (id) => document.getElementById(id);

  const state = {
    status: null, // the last answer
    answered: null, // when it came, on the page's own clock
    begun: performance.now(),
    answers: 0,
  };

  const tables = Tables.make();
  const charts = {
    throughput: new Chart(byId('throughput-chart'),
      { series: ['messages', 'rows'], format: Format.count, readout: byId('throughput-at'), unit: 'Throughput per second' }),
    lag: new Chart(byId('lag-chart'), { series: ['lag'], format: Format.count, readout: byId('lag-at'), unit: 'Lag in messages' }),
  };

  function show(id, value, words) {
    const element = byId(id);
    if (element.textContent !== words) element.textContent = words;
    element.dataset.value = value ?? '';
  }

  function say(id, words) {
    const element = byId(id);
    if (element.textContent !== words) element.textContent = words;
  }

  // ---- Asking

  async function ask(path) {
    const response = await fetch(path, { cache: 'no-store', signal: AbortSignal.timeout(kTimeout) });
    if (!response.ok) throw new Error(`${path} answered ${response.status}`);
    return response.json();
  }

  async function readHistory() {
    try {
      const history = await ask('history');
      const at = (...names) => history.time.map((time, index) => [time, names.map((name) => history[name][index])]);
      charts.throughput.reset(at('messages_per_second', 'rows_per_second'));
      charts.lag.reset(at('lag'));
    } catch {
      // The charts then begin with now.
    }
  }

  async function poll() {
    const begin = performance.now();
    try {
      const status = await ask('status');
      const before = state.status;
      const paused = state.answered !== null && performance.now() - state.answered > 2 * kSilentAfter;
      state.answered = performance.now();
      state.status = status;
      if (before === null || paused || status.uptime_seconds < before.uptime_seconds) {
        await readHistory();
      }
      accept(status);
    } catch {
      // No answer: the age of the last one says so.
    }
    showVerdict();
    setTimeout(poll, Math.max(100, kEvery - (performance.now() - begin)));
  }

  // ---- Showing

  function accept(status) {
    showFigures(status);
    showUnits(status);
    showPool(status);
    tables.update(status);
    const time = Date.parse(status.time);
    charts.throughput.add(time, [status.rates.messages_per_second, status.rates.rows_per_second]);
    charts.lag.add(time, [status.lag.messages]);
    charts.throughput.draw();
    charts.lag.draw();
    say('group', status.group.id);
    say('version', status.version);
    say('member', status.group.member || Format.unknown);
    state.answers += 1;
    document.body.dataset.answers = state.answers;
  }

  function showFigures(status) {
    const { rates, totals, lag, pool } = status;
    show('messages-per-second', rates.messages_per_second, Format.rate(rates.messages_per_second));
    show('rows-per-second', rates.rows_per_second, Format.rate(rates.rows_per_second));
    show('messages-per-second-1m', rates.messages_per_second_1m, Format.rate(rates.messages_per_second_1m));
    show('rows-per-second-1m', rates.rows_per_second_1m, Format.rate(rates.rows_per_second_1m));
    show('lag-messages', lag.messages, Format.count(lag.messages));
    show('lag-seconds', lag.seconds, Format.duration(lag.seconds));
    say('lag-note', lag.notes.length > 0 ? `not all is known: ${lag.notes[0]}` : '');
    show('catch-up', lag.catch_up_seconds, lag.outlook ?? Format.unknown);
    show('drain-rate', lag.drain_rate, draining(lag));
    const { waiting } = status.dead_letters;
    show('dead-letters-waiting', waiting?.total, Format.countAtLeast(waiting));
    show('dead-letters', totals.dead_letters, Format.count(totals.dead_letters));
    const { last_minute: minute } = status;
    const share = minute.dead_letters > 0 ? `, ${Format.percent(minute.dead_letter_share)} of the messages` : '';
    say('dead-letters-minute', `${Format.count(minute.dead_letters)} in the last ${Format.duration(Math.round(minute.seconds))}${share}`);
    show('pool-busy', pool.busy, Format.count(pool.busy));
    show('pool-max', pool.max, Format.count(pool.max));
    show('pool-connections', pool.connections, Format.count(pool.connections));
    show('pool-waiting', pool.waiting, Format.count(pool.waiting));
    show('total-rows', totals.rows, Format.count(totals.rows));
    show('total-messages', totals.messages, Format.count(totals.messages));
    show('total-bytes', totals.message_bytes, Format.bytes(totals.message_bytes));
    show('uptime', status.uptime_seconds, Format.duration(status.uptime_seconds));
  }

  function showUnits({ lag, pool, totals }) {
    const unit = (id, number, one, many) => say(id, number === 1 ? one : many);
    unit('lag-unit', lag.messages, 'message', 'messages');
    unit('waiting-unit', pool.waiting, 'batch', 'batches');
    unit('rows-unit', totals.rows, 'row', 'rows');
    unit('messages-unit', totals.messages, 'message', 'messages');
  }

  const staysAsItIs = (lag) => Math.abs(lag.drain_rate) < 0.05;

  function draining(lag) {
    if (lag.messages === 0) return 'is nothing';
    if (!Format.known(lag.drain_rate)) return 'is not known yet';
    if (staysAsItIs(lag)) return 'stays as it is';
    return lag.drain_rate > 0 ? `shrinks by ${Format.rate(lag.drain_rate)}/s` : `grows by ${Format.rate(-lag.drain_rate)}/s`;
  }

  function showPool(status) {
    const { pool, memory, batches, reloads, kafka } = status;
    meter('pool-meter', pool.busy, pool.max);
    say('pool-words', `${pool.busy} of ${pool.max}; ${pool.connections} open (at least ${pool.min} under load), ${Format.plural(pool.waiting, 'batch', 'batches')} waiting`);
    meter('batch-meter', memory.batch_bytes, memory.batch_bytes_limit);
    say('batch-words', `${Format.bytes(memory.batch_bytes)} of ${Format.bytes(memory.batch_bytes_limit)}`);
    show('memory-resident', memory.resident_bytes, Format.bytes(memory.resident_bytes));
    show('fetch-queue', kafka.fetch_queue_messages,
      `${Format.plural(kafka.fetch_queue_messages, 'message', 'messages')}, ${Format.bytes(kafka.fetch_queue_bytes)}`);
    say('batches-words', `${Format.count(batches.committed)} committed (${Format.count(batches.merged)} merged), `
      + `${Format.count(batches.retried)} tried again, ${Format.count(batches.stale)} stale`);
    const retries = Object.entries(batches.retries_by_sqlstate).map(([code, times]) => `${code || 'connection lost'}: ${Format.count(times)}`);
    say('retries-words', retries.length > 0 ? retries.join(', ') : 'none');
    show('rebalances', status.rebalances, Format.count(status.rebalances));
    const waiting = reloads.waiting ? `; one waits for ${Format.duration(reloads.waiting.for_seconds)}` : '';
    say('reloads-words', `${Format.count(reloads.applied)} applied, ${Format.count(reloads.refused)} refused${waiting}`);
  }

  function meter(id, value, most) {
    const element = byId(id);
    element.max = Math.max(1, most);
    element.value = value;
    element.high = element.max * 0.9;
  }

  // ---- The verdict: also when nothing was answered, so on a timer of its own

  function look() {
    const now = performance.now();
    const age = state.answered === null ? null : (now - state.answered) / 1000;
    const silent = now - (state.answered ?? state.begun) > kSilentAfter;
    return { answerAge: age, silent };
  }

  function showVerdict() {
    const seen = look();
    document.body.dataset.fresh = String(state.status !== null && !seen.silent);
    if (seen.answerAge === null && !seen.silent) return; // asking for the first time
    say('age', seen.answerAge === null ? 'no answer yet' : `last answer ${Math.round(seen.answerAge)} s ago`);
    const [verdict, ...also] = Verdict.list(state.status, seen);
    const changed = byId('verdict-word').textContent !== verdict.title;
    byId('verdict').dataset.level = verdict.level;
    say('verdict-word', verdict.title);
    say('verdict-text', verdict.text);
    const todo = verdict.what_to_do;
    say('verdict-do', todo && todo !== 'Nothing.' ? `What to do: ${todo}` : `Nothing to do.`);
    // Spoken only when it is another verdict; its numbers change every second.
    if (changed) say('verdict-spoken', `${verdict.title}: ${verdict.text}`);
    showAlso(also);
    showTab(verdict);
  }

  function showAlso(problems) {
    const list = byId('also');
    while (list.children.length > problems.length) list.lastChild.remove();
    problems.forEach((problem, index) => {
      const item = list.children[index] ?? list.appendChild(document.createElement('li'));
      const words = `${problem.title} - ${problem.text}. ${problem.what_to_do}`;
      item.dataset.level = problem.level;
      if (item.textContent !== words) item.textContent = words;
    });
  }

  // The tab says it, too: by a word in its title, and by the shape and colour of its icon.
  function showTab(verdict) {
    document.title = `${verdict.title} - ${byId('group').textContent}`;
    const shapes = {
      ok: '<circle cx="8" cy="8" r="7" fill="%231a7f46"/>', info: '<circle cx="8" cy="8" r="7" fill="%231c5fc4"/>',
      warn: '<path d="M8 1l7 14H1z" fill="%23e59700"/>', bad: '<path d="M1 1h14v14H1z" fill="%23c21f2b"/>',
      away: '<path d="M2 2l12 12M14 2L2 14" stroke="%23c21f2b" stroke-width="4"/>',
    };
    const icon = `data:image/svg+xml,<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16">${shapes[verdict.level]}</svg>`;
    if (byId('icon').getAttribute('href') !== icon) byId('icon').setAttribute('href', icon);
  }

  setInterval(showVerdict, 500);
  poll();
})();
