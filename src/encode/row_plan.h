#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/reject.h"
#include "decode/wanted_paths.h"
#include "encode/absent_values.h"
#include "encode/column_codec.h"
#include "encode/metadata.h"
#include "mapping/plan.h"

namespace loom::encode {

/// The array of a source that never is one of an element, also not of the row that has none (-1).
inline constexpr std::int16_t kNoElement = -2;

/// Where a column's value may stand: a slot of the message (metadata has slots there, too), of an element or of the
/// key. Each scope has a decoder of its own.
struct RowSource {
  std::int16_t array = -1;  ///< of SourceScope::element; -1: of the message; kNoElement: of the key
  mapping::SourceScope scope = mapping::SourceScope::message;
  bool element_index = false;
  std::uint16_t slot = 0;
  std::int16_t inside = -1;  ///< as in mapping::ColumnSource
  std::string path;          ///< for messages to people
};

/// What a column takes when the message has no value for it.
enum class Absent : std::uint8_t { field, omit, ingestion_time, reject };

struct RowColumn {
  ColumnCodec codec;
  std::vector<RowSource> sources{};
  /// The slots of its first sources, as far as these are plain values of one scope: of the message (-1), or of the
  /// elements of one array. Nearly every value stands in one of them.
  std::vector<std::uint16_t> front_slots{};
  std::int16_t front_array = -1;
  Absent absent = Absent::field;
  std::string absent_field{};             ///< Absent::field: encoded; NULL, the mapping's or the table's default
  std::optional<Reject> absent_reject{};  ///< Absent::reject: the mapping's default cannot become the column's type
  const mapping::PlanColumn* plan = nullptr;
  bool of_element = false;  ///< differs between the elements of one message
};

struct RowTable {
  std::vector<RowColumn> columns;
  std::vector<std::uint16_t> omittable;  ///< columns with Absent::omit
  bool binary = true;
  bool tracks_present = false;   ///< ConflictStrategy::update needs to know which columns a message had
  bool tracks_sequence = false;  ///< a mapping::SurplusPlan needs to know which elements its rows are
};

/// The columns of a mapping::RemovalPlan.
struct RowRemoval {
  std::uint16_t table = 0;
  std::size_t compared = 0;  ///< that many columns tell which rows go: each needs a value
  std::vector<RowColumn> columns;
  bool binary = true;
};

struct RowRequired {
  std::string name;
  std::vector<RowSource> sources;
};

/// A topic's plan as the row builder runs it: conversions chosen, defaults encoded, metadata given slots. Constant, but
/// for the metadata's buffers.
struct RowPlan {
  RowPlan(const mapping::TopicPlan& topic_plan, std::string topic);

  std::vector<RowTable> tables;
  std::vector<RowRequired> required;
  std::vector<RowRemoval> removals;
  std::vector<RowColumn> old_key;  ///< of a change event: the key before it
  Metadata metadata;
  AbsentValues absent_values;
  decode::Wanted message;
  decode::Wanted key;
  bool looks_into_key = false;  ///< fields of it are mapped, or it is mapped and is more than its bytes
  bool key_on_demand = false;   ///< only where a message deletes

 private:
  decode::WantedPaths& paths_of(const RowSource& source);
  RowColumn make_column(const mapping::TopicPlan& plan, const mapping::PlanColumn& column, bool binary);
  void add_changes(const mapping::TopicPlan& plan);
};

/// The mapping's default of a column as an encoded field, or why it cannot be one. Empty when the default is null.
struct DefaultField {
  bool is_null = false;
  std::string field;
  std::optional<Reject> reject;
};
DefaultField encode_default(const mapping::PlanColumn& column, const ColumnCodec& codec, mapping::NulPolicy nul);

}  // namespace loom::encode
