'use strict';

// A table that is brought up to date in place: rows keep their elements, only cells whose text changed are touched, and
// of thousands of rows the first `limit` of the order are shown, with a button for more.
//
// new LiveTable(table, {
//   columns: [{ id, title, value(row), text(row), number, level(row), detail(row), code, name, hint }],
//   keyOf(row), caption,                      // the rest is optional:
//   sort: { column, descending }, then(a, b), // the first order, and what decides between equals
//   words(row), filter, more, count, limit })
// value() is what it is sorted by and stands in the cell's data-value; text() is what is shown. level() makes a coloured
// word of it, detail() a small line below it ('' for none), and a `name` may break at its dots.
class LiveTable {
  constructor(table, options) {
    Object.assign(this, { limit: Infinity, sort: null, then: () => 0, words: null }, options);
    this.table = table;
    this.body = document.createElement('tbody');
    this.elements = new Map();
    this.rows = [];
    this.step = this.limit;
    this.makeHead();
    table.append(this.body);
    Edges.watch(table.parentElement, table);
    this.filter?.addEventListener('input', () => this.draw());
    this.more?.addEventListener('click', () => {
      this.limit += this.step * 4;
      this.draw();
    });
  }

  update(rows) {
    this.rows = rows;
    this.draw();
  }

  makeHead() {
    const caption = this.table.createCaption();
    caption.className = 'spoken';
    caption.textContent = this.caption;
    const row = this.table.createTHead().insertRow();
    for (const column of this.columns) {
      const cell = document.createElement('th');
      cell.scope = 'col';
      cell.dataset.column = column.id;
      if (column.number) cell.className = 'number';
      if (column.hint) cell.title = column.hint;
      if (this.sort === null) {
        cell.textContent = column.title;
      } else {
        const button = document.createElement('button');
        button.type = 'button';
        button.dataset.sort = column.id;
        button.textContent = column.title;
        button.addEventListener('click', () => this.sortBy(column));
        cell.append(button);
      }
      row.append(cell);
    }
    this.showSort();
  }

  sortBy(column) {
    const again = this.sort.column === column.id;
    this.sort = { column: column.id, descending: again ? !this.sort.descending : Boolean(column.number || column.level) };
    this.showSort();
    this.draw();
  }

  showSort() {
    for (const cell of this.table.tHead.querySelectorAll('th')) {
      const sorted = this.sort?.column === cell.dataset.column;
      if (sorted) cell.setAttribute('aria-sort', this.sort.descending ? 'descending' : 'ascending');
      else cell.removeAttribute('aria-sort');
    }
  }

  draw() {
    const chosen = this.ordered(this.filtered());
    const shown = chosen.slice(0, this.limit);
    this.show(shown);
    if (this.more) {
      const hidden = chosen.length - shown.length;
      this.more.hidden = hidden === 0;
      this.more.textContent = `and ${Format.count(hidden)} more - show some of them`;
    }
    if (this.count) {
      const all = Format.count(this.rows.length);
      this.count.textContent = chosen.length === this.rows.length ? all : `${Format.count(chosen.length)} of ${all}`;
    }
  }

  filtered() {
    const wanted = this.filter?.value.trim().toLowerCase() ?? '';
    return wanted === '' ? this.rows : this.rows.filter((row) => this.words(row).toLowerCase().includes(wanted));
  }

  // What is not known goes last in either direction.
  ordered(rows) {
    if (this.sort === null) return rows;
    const { value } = this.columns.find((column) => column.id === this.sort.column);
    const sign = this.sort.descending ? -1 : 1;
    const unknown = (one) => (Format.known(one) ? 0 : 1);
    return rows.map((row) => ({ row, by: value(row) })).sort((a, b) => {
      if (unknown(a.by) + unknown(b.by) > 0) return unknown(a.by) - unknown(b.by) || this.then(a.row, b.row);
      if (a.by < b.by) return -sign;
      if (a.by > b.by) return sign;
      return this.then(a.row, b.row);
    }).map((one) => one.row);
  }

  show(rows) {
    const kept = new Set();
    rows.forEach((row, index) => {
      const key = this.keyOf(row);
      kept.add(key);
      const element = this.elements.get(key) ?? this.makeRow(key);
      if (this.body.rows[index] !== element) this.body.insertBefore(element, this.body.rows[index] ?? null);
      this.columns.forEach((column, at) => LiveTable.fill(element.cells[at], column, row));
    });
    for (const [key, element] of this.elements) {
      if (kept.has(key)) continue;
      element.remove();
      this.elements.delete(key);
    }
  }

  makeRow(key) {
    const element = document.createElement('tr');
    element.dataset.key = key;
    this.columns.forEach((column, at) => {
      const cell = document.createElement(at === 0 ? 'th' : 'td');
      if (at === 0) cell.scope = 'row';
      cell.dataset.column = column.id;
      if (column.number) cell.className = 'number';
      const holder = column.code ? document.createElement('code') : document.createElement('span');
      cell.append(holder);
      element.append(cell);
    });
    this.elements.set(key, element);
    return element;
  }

  static fill(cell, column, row) {
    const text = column.text(row);
    const holder = cell.firstChild;
    if (holder.textContent !== text) holder.replaceChildren(...(column.name ? LiveTable.breakable(text) : [text]));
    const value = String(column.value(row) ?? '');
    if (cell.dataset.value !== value) cell.dataset.value = value;
    if (column.level) {
      const level = column.level(row);
      if (holder.dataset.level !== level) {
        holder.className = 'state';
        holder.dataset.level = level;
      }
    }
    if (column.detail) LiveTable.fillDetail(cell, column.detail(row));
  }

  static breakable(name) {
    return name.split(/(?<=[._/:-])/).flatMap((part) => [part, document.createElement('wbr')]);
  }

  // A second, smaller line in the cell; '' for none.
  static fillDetail(cell, text) {
    let detail = cell.children[1];
    if (!detail) {
      if (text === '') return;
      detail = document.createElement('small');
      cell.append(detail);
    }
    if (detail.textContent !== text) detail.textContent = text;
    detail.hidden = text === '';
  }
}
