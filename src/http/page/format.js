'use strict';

// Numbers and times as people read them at a glance. Pure; what is not known (null) is a dash.
const Format = (() => {
  const unknown = '–';
  const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
  const tenths = new Intl.NumberFormat('en-US', { maximumFractionDigits: 1 });
  const hundredths = new Intl.NumberFormat('en-US', { maximumFractionDigits: 2 });
  const known = (value) => value !== null && value !== undefined && !Number.isNaN(value);

  // 8,012 and 1.24 M
  function count(value) {
    if (!known(value)) return unknown;
    const size = Math.abs(value);
    if (size >= 1e9) return `${(value / 1e9).toFixed(2)} G`;
    if (size >= 1e6) return `${(value / 1e6).toFixed(2)} M`;
    return whole.format(value);
  }

  // {total, at_least}: counting stops somewhere, and what there is beyond it is not known.
  function countAtLeast(one) {
    if (!one) return unknown;
    return one.at_least ? `${count(one.total)} or more` : count(one.total);
  }

  function rate(value) {
    if (!known(value)) return unknown;
    return Math.abs(value) < 10 ? tenths.format(value) : count(value);
  }

  // 0.4 s, 85 s, 12 min, 3 h 20 min, 5 days
  function duration(seconds) {
    if (!known(seconds)) return unknown;
    if (seconds < 10) return `${tenths.format(seconds)} s`;
    if (seconds < 120) return `${Math.round(seconds)} s`;
    const minutes = Math.round(seconds / 60);
    if (minutes < 120) return `${minutes} min`;
    const hours = Math.floor(minutes / 60);
    if (hours < 48) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
    return `${Math.round(hours / 24)} days`;
  }

  function milliseconds(seconds) {
    return known(seconds) ? `${tenths.format(seconds * 1000)} ms` : unknown;
  }

  function bytes(value) {
    if (!known(value)) return unknown;
    if (value >= 1e9) return `${(value / 1e9).toFixed(2)} GB`;
    if (value >= 1e6) return `${whole.format(value / 1e6)} MB`;
    if (value >= 1e3) return `${whole.format(value / 1e3)} kB`;
    return `${whole.format(value)} B`;
  }

  function percent(ratio) {
    if (!known(ratio)) return unknown;
    return `${(ratio < 0.01 ? hundredths : tenths).format(ratio * 100)} %`;
  }

  // Seconds between an instant and the service's own clock, so that the clock of the reader does not matter.
  function since(instant, now) {
    return instant ? Math.max(0, (Date.parse(now) - Date.parse(instant)) / 1000) : null;
  }

  function ago(instant, now) {
    const seconds = since(instant, now);
    return seconds === null ? unknown : `${duration(seconds)} ago`;
  }

  function plural(number, one, many) {
    return `${count(number)} ${number === 1 ? one : many}`;
  }

  return { unknown, known, count, countAtLeast, rate, duration, milliseconds, bytes, percent, since, ago, plural };
})();
