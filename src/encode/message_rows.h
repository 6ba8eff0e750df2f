#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/byte_buffer.h"
#include "base/clock.h"
#include "base/message.h"
#include "base/reject.h"
#include "decode/json/json_decoder.h"
#include "decode/make_decoder.h"
#include "encode/row_plan.h"
#include "encode/row_set.h"
#include "mapping/plan.h"

namespace loom::encode {

/// The list element that a row is made of; array -1: none.
struct Element {
  std::int16_t array = -1;
  std::uint32_t index = 0;
};

/// Where each field of the row written last lies, from the row set's begin. Fields that do not depend on the element
/// are copied from there instead of being converted again.
struct FieldPlace {
  std::size_t begin = 0;
  std::size_t end = 0;
};

/// The rows of messages by one plan: what RowBuilder is made of, and nobody else uses.
/// Threads: one at a time.  Owns: a parser and scratch buffers, reused from message to message.
/// Blocks:  never.  Fails: a Reject per message; what it had written of it is the caller's to drop.
struct MessageRows {
  MessageRows(std::shared_ptr<const mapping::TopicPlan> topic_plan, std::string topic, const Clock& the_clock,
              const decode::Registry& registry, std::uint16_t tables_from = 0, std::uint16_t surplus_from = 0)
      : first_table(tables_from),
        first_surplus(surplus_from),
        plan(std::move(topic_plan)),
        rows(*plan, std::move(topic)),
        clock(&the_clock),
        decoder(decode::make_decoder(rows.message, decode::Part::value, plan->value_format, registry)),
        values(decoder->values()),
        scratch(plan->nul),
        embedded(plan->arrays.size()) {
    tells_nulls = plan->changes && plan->changes->events;
    scratch.of_events = tells_nulls;
    if (rows.looks_into_key) {
      key_decoder = decode::make_decoder(rows.key, decode::Part::key, plan->key_format, registry);
    }
  }

  std::optional<Reject> append(const Message& message, std::uint32_t message_index, RowSets& sets);

  std::optional<Reject> append_message(std::uint32_t message_index, RowSets& sets);
  // change_rows.cpp
  std::optional<Reject> append_change(const Message& message, std::uint32_t message_index, RowSets& sets);
  std::optional<Reject> append_event(const Message& message, std::uint32_t message_index, RowSets& sets);
  std::optional<Reject> append_tombstone(const Message& message, std::uint32_t message_index, RowSets& sets);
  std::optional<Reject> append_removal(const Message& message, std::uint32_t message_index, RowSets& sets);
  std::optional<Reject> append_removal(const RowRemoval& removal, std::uint32_t message_index, RowSets& sets);
  void append_truncation(std::uint32_t message_index, RowSets& sets) const;
  bool moves_row();
  bool encode_key(const std::vector<RowColumn>& columns, RowSet& set);

  /// Whether the last message has no rows before more is known, or planned.
  [[nodiscard]] bool waits() const { return awaits_schema || new_fields != nullptr; }
  [[nodiscard]] bool is_tombstone(const Message& message) const;
  std::optional<Reject> decode(const Message& message);
  std::optional<Reject> decode_key(const Message& message);
  std::optional<Reject> fill_metadata(const Message& message);
  void forget_absent_values();
  std::optional<Reject> find_lists();
  std::optional<Reject> check_required();
  bool required_found(const RowSource& source);
  std::optional<Reject> append_table(std::uint16_t table, std::uint32_t message_index, RowSets& sets);
  std::optional<Reject> append_row(std::uint16_t table, Element element, std::uint32_t message_index, RowSets& sets);
  bool is_omitted(const RowColumn& column, Element element);
  void append_length(std::size_t surplus, std::uint32_t message_index, RowSets& sets);
  /// The slots of one scope, and where the elements of lists in them are.
  struct Scope {
    const decode::Value* slots;
    const decode::Values* values;
  };
  Scope scope_of(Element element);
  // Into append_row(), which calls it for each field.
  [[gnu::always_inline]] inline bool append_front(const RowColumn& column, const Scope& scope, ByteBuffer& out);
  bool append_field(const RowColumn& column, Element element, RowSet& set, bool& present);
  bool is_null(const RowColumn& column, Element element);
  bool append_source(const RowColumn& column, std::size_t source, Element element, ByteBuffer& out);
  void append_absent(const RowColumn& column, ByteBuffer& out);

  const decode::Value& find(const RowSource& source, Element element) {
    return source.scope == mapping::SourceScope::message ? values.slot(source.slot) : find_elsewhere(source, element);
  }
  const decode::Value& find_elsewhere(const RowSource& source, Element element);
  /// Where the elements of an array mapping are: in the message, or in a list that it held as a string.
  decode::Values& list_values(std::size_t array) {
    return embedded[array].in_use ? embedded[array].decoder->values() : values;
  }
  /// Where the elements of a source's list are.
  decode::Values& values_of(const RowSource& source) {
    if (source.array >= 0) return list_values(static_cast<std::size_t>(source.array));
    return source.scope == mapping::SourceScope::key ? key_decoder->values() : values;
  }
  [[nodiscard]] std::size_t list_index(std::size_t array) const { return embedded[array].in_use ? 0 : array; }
  std::uint32_t list_size(std::size_t array) { return list_values(array).array(list_index(array)).count; }

  struct Embedded {
    std::unique_ptr<decode::JsonDecoder> decoder;  ///< made when the first list in a string comes
    bool in_use = false;
  };

  // Where its tables and lists begin in those of the batch's plan.
  std::uint16_t first_table;
  std::uint16_t first_surplus;
  std::shared_ptr<const mapping::TopicPlan> plan;
  RowPlan rows;
  const Clock* clock;
  std::unique_ptr<decode::Decoder> decoder;
  decode::Values& values;                        ///< the decoder's
  std::unique_ptr<decode::Decoder> key_decoder;  ///< where the plan looks into the key
  bool tells_nulls = false;    ///< change events: a null is a value, and not the same as a field that is not there
  bool awaits_schema = false;  ///< of the last message: it has no rows, since its schema is not known yet
  const mapping::NewFields* new_fields = nullptr;  ///< likewise, since the plan does not know these
  Scratch scratch;
  std::vector<Embedded> embedded;  ///< by array mapping
  std::vector<FieldPlace> places;  ///< by column, of the message's previous row in the same row set
  const RowSet* placed_in = nullptr;
  std::size_t message_bytes = 0;
  decode::Value element_index;
  ByteBuffer element_index_text;
  std::optional<Reject> failure;  ///< of the column at hand: the first source that could not be converted
  RowSet old_key;                 ///< of a change event
  RowSet new_key;
};

}  // namespace loom::encode
