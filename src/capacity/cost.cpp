#include "capacity/cost.h"

#include <algorithm>
#include <cmath>

#include "capacity/coefficients.h"

namespace loom::capacity {
namespace {

double aligned(double bytes) { return std::ceil(bytes / kStorage.alignment) * kStorage.alignment; }

bool is_toasted(const Load& load) { return *load.row_bytes > kStorage.toast_threshold; }

double consumer_us(const Load& load) {
  double row = kConsumer.value * *load.columns;
  if (load.key != Key::none) row += kConsumer.keyed_row;
  if (load.key == Key::update) row += *load.repeats * kConsumer.updated_row;
  return kConsumer.message + kConsumer.message_byte * load.message_bytes + load.rows * row;
}

/// What a row costs beside a row without a key.
double key_us(const Load& load) {
  if (load.key == Key::none) return 0;
  const double entry = load.random_keys ? kDatabase.random_key : kDatabase.ordered_key;
  if (load.key == Key::ignore) return entry + *load.repeats * kDatabase.ignored_row;
  if (load.key == Key::update) return entry + *load.repeats * kDatabase.updated_row;
  return entry;
}

/// How many of a message's rows stay.
double new_rows(const Load& load) { return load.rows * (1 - *load.repeats); }

double entry_bytes(const Load& load) {
  if (load.key == Key::none) return 0;
  return (kStorage.index_entry + aligned(*load.key_bytes)) / kStorage.index_fill;
}

/// Of the pages of an index whose entries go anywhere, the share that is not in shared_buffers.
double missed_pages(const Load& load) {
  if (load.key == Key::none || !load.random_keys) return 0;
  const double index = load.rate * new_rows(load) * entry_bytes(load) * *load.table_days * kSecondsOfADay;
  const double room = kPace.shared_buffers * load.database_memory_gib * 1024 * 1024 * 1024;
  return index <= room ? 0 : 1 - room / index;
}

double database_us(const Load& load) {
  const double byte = is_toasted(load) ? kDatabase.toasted_byte : kDatabase.row_byte;
  return load.rows * (kDatabase.row + kDatabase.value * *load.columns + byte * *load.row_bytes + key_us(load) +
                      missed_pages(load) * kDatabase.missed_page);
}

/// Bytes of a row's values as they are stored.
double stored_bytes(const Load& load) { return *load.row_bytes * (is_toasted(load) ? kStorage.toast_share : 1); }

/// Bytes of the table for a row: as many as fit into a page share it.
double table_row_bytes(const Load& load) {
  const double row = kStorage.row_header + aligned(stored_bytes(load) + kStorage.row_padding);
  const double room = kStorage.page - kStorage.page_header;
  // Those that are compressed have all sizes, and fill pages up.
  return row > room || is_toasted(load) ? row : kStorage.page / std::floor(room / row);
}

double wal_bytes(const Load& load) {
  const double written = load.key == Key::ignore ? new_rows(load) : load.rows;
  double wal = written * (kWal.row + kWal.row_byte * stored_bytes(load));
  if (load.key != Key::none) wal += new_rows(load) * (kWal.index_entry + kWal.key_byte * aligned(*load.key_bytes));
  if (load.key == Key::update) wal += load.rows * *load.repeats * kWal.updated_row;
  return wal;
}

/// A page has a full image in the WAL when it is changed for the first time after a checkpoint. Of an index whose
/// entries go anywhere, n entries touch P * (1 - e^(-n / P)) of its P pages; one that grows at its end makes new pages.
/// The rate makes both more, and so counts for nothing.
double full_page_bytes(const Load& load) {
  if (load.key == Key::none || !load.random_keys) return 0;
  const double pages_by_entry =
      entry_bytes(load) * *load.table_days * kSecondsOfADay / kPace.checkpoint_seconds / kStorage.page;
  const double touched = pages_by_entry * -std::expm1(-1 / pages_by_entry);
  return new_rows(load) * touched * kStorage.page * kWal.page_share;
}

}  // namespace

Cost cost_of(const Load& load) {
  Cost cost;
  cost.consumer_us = consumer_us(load);
  cost.database_us = database_us(load);
  cost.kafka_bytes = load.message_bytes * kPace.lz4;
  cost.sent_bytes = load.rows * (kPace.copy_row + kPace.copy_value * *load.columns + *load.row_bytes);
  cost.table_bytes = new_rows(load) * table_row_bytes(load);
  cost.index_bytes = new_rows(load) * entry_bytes(load);
  cost.wal_bytes = wal_bytes(load);
  cost.full_page_bytes = full_page_bytes(load);
  return cost;
}

}  // namespace loom::capacity
