#include "sink/present_keys.h"

#include <cstdint>
#include <deque>
#include <numeric>
#include <vector>

#include "base/byte_buffer.h"
#include "encode/binary_field.h"
#include "sink/key_order.h"
#include "sink/row_fields.h"
#include "sink/sqlstate.h"
#include "sink/statements.h"
#include "sink/time_bounds.h"

namespace loom::sink {
namespace {

/// The keys of the set's rows, each with the number of its place in RowSet::ordered.
ByteBuffer keys_of(const mapping::TablePlan& table, const encode::RowSet& set) {
  ByteBuffer out;
  const std::vector<std::size_t> key = key_fields(table, set).value();
  Fields fields(key);
  for (std::uint32_t place = 0; place < set.ordered.size(); ++place) {
    fields.read(set.row(set.ordered[place]));
    out.append_be16(static_cast<std::uint16_t>(key.size() + 1));
    for (const std::size_t field : key) {
      const std::string_view value = fields.at(field);
      if (value.data() == nullptr) {
        encode::append_binary_null(out);
      } else {
        encode::append_binary_field(value, out);
      }
    }
    out.append_be32(sizeof place);
    out.append_be32(place);
  }
  return out;
}

std::vector<std::uint32_t> places_in(const Result& answer) {
  std::vector<std::uint32_t> places;
  places.reserve(static_cast<std::size_t>(answer.rows()));
  for (int row = 0; row < answer.rows(); ++row) {
    places.push_back(static_cast<std::uint32_t>(answer.integer(row, 0)));
  }
  return places;
}

}  // namespace

Met find_present(const DatabaseSettings& settings, Connection& connection, batch::Batch& batch,
                 Failpoints& failpoints) {
  const mapping::TopicPlan& plan = *batch.plan;
  std::vector<encode::RowSet*> asked;
  std::deque<ByteBuffer> keys;
  Met met;
  Script script;
  for (const auto& setting : statements::settings(settings, connection.server_version())) script.command(setting);
  for (encode::RowSet& set : batch.rows.all()) {
    const mapping::TablePlan& table = plan.tables[set.table];
    if (table.key.empty() || set.ordered.empty()) continue;
    met.rows += set.ordered.size();
    const std::string stage = statements::key_stage_name(set.table);
    script.check(table);
    for (const auto& statement : statements::create_key_stage(table, stage)) script.command(statement);
    keys.push_back(keys_of(table, set));
    script.copy(statements::copy_keys(table, stage, set.omitted), {true, {keys.back().view()}});
    std::vector<std::size_t> key(table.key.size());
    std::iota(key.begin(), key.end(), 0);
    script.query(statements::present_keys(table, stage, time_bounds(table, key, {keys.back().view()})));
    script.command("DROP TABLE " + stage);
    asked.push_back(&set);
  }
  if (asked.empty()) return met;
  const Script::Ran ran = script.run(connection, failpoints, Script::Ends::in_transaction);
  if (ran.end != Script::Ran::End::done) {
    if (is_not_supported(ran.error)) connection.note_refused_lateral();
    met.failure = uncommitted(ran);
    return met;
  }
  for (std::size_t i = 0; i < asked.size(); ++i) {
    const auto places = places_in(ran.answers.at(i));
    met.found += places.size();
    note_met(plan.tables[asked[i]->table], *asked[i], places);
  }
  return met;
}

}  // namespace loom::sink
