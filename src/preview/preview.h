#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/message.h"
#include "base/reject.h"
#include "encode/row_builder.h"
#include "mapping/plan.h"

namespace loom::preview {

/// A field of a row that would be stored.
struct PreviewField {
  std::string column;
  std::optional<std::string> value;  ///< in PostgreSQL's text form; nothing: NULL
  bool by_database = false;          ///< the column's default, which PostgreSQL computes
  bool is_plain = false;             ///< a number or a boolean: shown without quotes
};

/// What would become of a row.
struct PreviewRow {
  enum class Does : std::uint8_t {
    stored,
    deleted,  ///< the fields say which
    marked,   ///< likewise; the last one is the time of the delete
    emptied,  ///< all rows of the table go
  };
  std::string table;  ///< for people, see TableName::display()
  std::vector<PreviewField> fields;
  Does does = Does::stored;
};

/// What would become of a message: rows, or a dead letter.
struct Previewed {
  std::vector<PreviewRow> rows;  ///< what goes, then table by table what comes
  std::optional<Reject> reject;
};

/// Maps messages as the service would, without any server: what the database itself would refuse (a repeated key, a
/// foreign key, a check) is not seen.
/// Threads: one at a time.  Owns: a parser and the rows of one message.  Blocks: never.
class Preview {
 public:
  /// `topic` is the concrete topic, also where the plan came from a pattern.
  /// What `registry` points to outlives it, and has to wait for schemas.
  Preview(const mapping::TopicPlan& plan, std::string topic, const Clock& clock, const decode::Registry& registry = {});

  Previewed map(const Message& message);

  /// Values of headers that messages named tables by, and that the plan has no tables for: these messages had no rows.
  [[nodiscard]] const std::set<mapping::TableValues>& wanted() const { return builder_.wanted().tables; }

 private:
  void add_removals(Previewed& result) const;
  void add_rows(const encode::RowSet& set, Previewed& result) const;

  std::shared_ptr<const mapping::TopicPlan> plan_;  ///< of rows in text form, which people can read
  encode::RowBuilder builder_;
  encode::RowSets rows_;
};

}  // namespace loom::preview
