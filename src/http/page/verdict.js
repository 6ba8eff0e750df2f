'use strict';

// What is to be said at the top, worst first. The service judges itself (`verdict` of /status); only that it does not
// answer is for the page to say. Pure.
//
// Verdict.list(status, seen) gives a list that is never empty; its first entry is the verdict.
//   level       ok, note, info, warn, bad or away
//   title       for the eye: OK, BEHIND, DATABASE AWAY, ...
//   text        goes on with the sentence
//   what_to_do  one line
//
// `seen` is what only the page can know:
//   answerAge      seconds since the last answer; null when there was none
//   silent         the service does not answer (then `status` is the last answer, or null)
const Verdict = (() => {
  function silent(seen) {
    const since = seen.answerAge === null ? 'at all' : `for ${Format.duration(seen.answerAge)}`;
    const stale = seen.answerAge === null ? '' : ' - the values below are from then';
    return {
      level: 'away', title: 'NO ANSWER', text: `from the service ${since}${stale}`,
      what_to_do: 'See whether its process runs and what its log says last. Nothing is lost: it goes on where the database says it is.',
    };
  }

  function list(status, seen) {
    if (seen.silent || status === null) return [silent(seen)];
    return [status.verdict, ...status.verdict.also];
  }

  return { list };
})();
