'use strict';

// A line chart of the last five minutes that moves with time. SVG, so that colours and sizes are the style sheet's.
//
// new Chart(svg, { series: ['messages', 'rows'], format, readout, unit })
//   add(time, values)  one point, time in milliseconds on the service's clock; values in the order of `series`
//   reset(points)      forgets all, and begins with these: [[time, values], ...]
//   draw()             after add() or reset()
class Chart {
  static window = 300_000;
  static gap = 5_000; // points further apart than this are not joined: nobody knows what was between

  constructor(svg, { series, format, readout, unit }) {
    Object.assign(this, { svg, series, format, readout, unit, points: [], pointer: null });
    new ResizeObserver(() => this.draw()).observe(svg);
    svg.addEventListener('pointermove', (event) => this.point(event.clientX - svg.getBoundingClientRect().left));
    svg.addEventListener('pointerleave', () => this.point(null));
  }

  reset(points) {
    this.points = points.map(([time, values]) => ({ time, values }));
  }

  add(time, values) {
    const last = this.points.at(-1);
    if (last && time <= last.time) return;
    this.points.push({ time, values });
    while (this.points[0].time < time - Chart.window - Chart.gap) this.points.shift();
  }

  point(x) {
    this.pointer = x;
    this.draw();
  }

  draw() {
    const { width, height } = this.svg.getBoundingClientRect();
    if (width === 0) return;
    const area = { left: 52, top: 8, right: width - 8, bottom: height - 20 };
    const top = Chart.roundUp(Math.max(2, ...this.points.flatMap((one) => one.values.map((value) => value ?? 0))));
    const end = this.points.at(-1)?.time ?? 0;
    const x = (time) => area.right - ((end - time) / Chart.window) * (area.right - area.left);
    const y = (value) => area.bottom - (value / top) * (area.bottom - area.top);

    const drawn = [...this.grid(area, top, y), ...this.minutes(area)];
    this.series.forEach((name, index) => drawn.push(...this.line(name, index, x, y, area)));
    drawn.push(...this.cursor(x, y, area));
    this.svg.setAttribute('viewBox', `0 0 ${width} ${height}`);
    this.svg.replaceChildren(...drawn);
    this.describe(top);
  }

  grid(area, top, y) {
    return [0, 0.5, 1].flatMap((share) => {
      const at = y(top * share);
      return [
        Chart.element('line', { class: 'grid', x1: area.left, x2: area.right, y1: at, y2: at }),
        Chart.text(this.format(top * share), { x: area.left - 6, y: at + 4, 'text-anchor': 'end' }),
      ];
    });
  }

  minutes(area) {
    const width = area.right - area.left;
    const every = width < 300 ? 5 : 1;
    const labels = [];
    for (let minute = 5; minute >= 0; minute -= every) {
      const at = area.right - (minute / 5) * width;
      const anchor = { 5: 'start', 0: 'end' }[minute] ?? 'middle';
      labels.push(Chart.element('line', { class: 'grid', x1: at, x2: at, y1: area.bottom, y2: area.bottom + 4 }));
      labels.push(Chart.text(minute === 0 ? 'now' : `-${minute} min`, { x: at, y: area.bottom + 16, 'text-anchor': anchor }));
    }
    return labels;
  }

  // One path per stretch without a gap.
  line(name, index, x, y, area) {
    let path = '';
    let before = null;
    for (const { time, values } of this.points) {
      const at = Math.max(area.left, x(time));
      if (values[index] === null || values[index] === undefined) {
        before = null;
        continue;
      }
      const joined = before !== null && time - before <= Chart.gap;
      path += `${joined ? 'L' : 'M'}${at.toFixed(1)} ${y(values[index]).toFixed(1)}`;
      before = time;
    }
    return path === '' ? [] : [Chart.element('path', { class: `line ${name}`, d: path })];
  }

  cursor(x, y, area) {
    const nearest = this.pointer === null ? null : this.points.reduce((best, one) =>
      best && Math.abs(x(best.time) - this.pointer) <= Math.abs(x(one.time) - this.pointer) ? best : one, null);
    if (nearest === null) {
      this.readout.textContent = '';
      return [];
    }
    const values = nearest.values.map((value, index) => `${this.format(value)} ${this.series[index]}`).join(', ');
    const ago = (this.points.at(-1).time - nearest.time) / 1000;
    this.readout.textContent = `${values}, ${Format.duration(Math.round(ago))} ago`;
    const at = Math.max(area.left, x(nearest.time));
    return [Chart.element('line', { class: 'cursor', x1: at, x2: at, y1: area.top, y2: area.bottom })];
  }

  describe(top) {
    const now = this.points.at(-1);
    const values = now ? now.values.map((value, index) => `${this.format(value)} ${this.series[index]}`).join(', ') : 'nothing yet';
    this.svg.setAttribute('aria-label', `${this.unit}, the past five minutes. Now ${values}. The scale ends at ${this.format(top)}.`);
  }

  // 2, 4, 6, 8, 10, 20, ...: so that the scale does not tremble and its half is a whole number.
  static roundUp(value) {
    const power = 10 ** Math.floor(Math.log10(value));
    return power * [1, 2, 4, 6, 8, 10].find((step) => step * power >= value);
  }

  static element(name, attributes) {
    const made = document.createElementNS('http://www.w3.org/2000/svg', name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    return made;
  }

  static text(content, attributes) {
    const made = Chart.element('text', attributes);
    made.textContent = content;
    return made;
  }
}
