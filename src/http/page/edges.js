'use strict';

// Says of a box that scrolls sideways what is out of sight, for the style sheet and for tests:
//   [data-wide]   its content is wider than it is
//   [data-more]   the sides where there is more now: "", "left", "right" or "left right"
const Edges = (() => {
  const kSlack = 1; // CSS pixels; browsers round

  function look(box) {
    const hidden = box.scrollWidth - box.clientWidth;
    const sides = [];
    if (box.scrollLeft > kSlack) sides.push('left');
    if (box.scrollLeft < hidden - kSlack) sides.push('right');
    if (box.dataset.more !== sides.join(' ')) box.dataset.more = sides.join(' ');
    if (box.hasAttribute('data-wide') !== hidden > kSlack) box.toggleAttribute('data-wide');
  }

  function watch(box, content) {
    box.addEventListener('scroll', () => look(box), { passive: true });
    const observer = new ResizeObserver(() => look(box));
    observer.observe(box);
    observer.observe(content);
  }

  return { watch };
})();
