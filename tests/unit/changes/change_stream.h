#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "encode/row_builder.h"
#include "mapping/catalog.h"
#include "mapping_fixture.h"
#include "plan_builder.h"
#include "sink/row_groups.h"

namespace loom::testing {

/// Messages of one topic, mapped by a file's text and as they would be sent: rows in the text form of COPY.
class ChangeStream {
 public:
  /// `format`: of the values, where it is not JSON.
  ChangeStream(const std::string& yaml, const mapping::Catalog& catalog, mapping::MessageFormat format = {}) {
    mapping::TopicPlan plan = mapping::testing::compiled(yaml, catalog);
    plan.value_format = std::move(format);
    for (auto& table : plan.tables) table.binary = false;
    plan_ = std::make_shared<const mapping::TopicPlan>(std::move(plan));
    builder_ = std::make_unique<encode::RowBuilder>(plan_, "t", clock_);
  }

  /// Adds a message; its reject, or "". A value of "-" is none, so is a key of "-".
  std::string add(std::string_view value, std::string_view key = "-") {
    Message message = message_of(value);
    message.has_value = value != "-";
    if (!message.has_value) message.value = {};
    message.has_key = key != "-";
    if (message.has_key) message.key = key;
    const auto reject = builder_->append(message, messages_++, rows_);
    return reject ? reject->message : "";
  }

  /// All groups in order: `empty t`, `remove t 1|x`, `t 1|x (set v)`.
  [[nodiscard]] std::vector<std::string> sent() const {
    std::vector<std::string> out;
    const sink::RowGroups groups = sink::merge_groups(*plan_, rows_);
    for (const auto& group : groups.groups) {
      const mapping::TablePlan& table = plan_->tables[group.table];
      std::string verb = group.surplus >= 0 ? "shorten " : "";
      if (group.removes) verb = table.deleted_at ? "mark " : "remove ";
      const std::string begin = verb + table.name.name + " ";
      if (!group.empties.empty()) {
        std::string names;
        for (const auto one : group.empties) names += " " + plan_->tables[one].name.name;
        out.push_back("empty" + names);
        continue;
      }
      for (const std::string& row : rows_in(group.pieces)) out.push_back(begin + row + set_of(group, table));
    }
    return out;
  }
  /// Names of fields that messages' schemas have and the plan does not know.
  [[nodiscard]] std::vector<std::string> new_fields() const {
    std::vector<std::string> names;
    for (const auto& [name, field] : builder_->wanted().fields) names.push_back(name);
    return names;
  }
  [[nodiscard]] const encode::RowSets& rows() const { return rows_; }
  [[nodiscard]] const mapping::TopicPlan& plan() const { return *plan_; }
  void clear() {
    rows_.clear();
    messages_ = 0;
  }

 private:
  static std::vector<std::string> rows_in(const std::vector<std::string_view>& pieces) {
    std::vector<std::string> out;
    std::string row;
    for (const std::string_view piece : pieces) {
      for (const char c : piece) {
        if (c == '\n') {
          out.push_back(row);
          row.clear();
        } else {
          row += c == '\t' ? '|' : c;
        }
      }
    }
    return out;
  }
  static std::string set_of(const sink::RowGroup& group, const mapping::TablePlan& table) {
    if (!group.has_rows() || !group.merge) return "";
    std::string names;
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
      if (group.set.test(i)) names += (names.empty() ? "" : ",") + table.columns[i].info.name;
    }
    return " (sets " + names + ")";
  }

  FixedClock clock_;
  std::shared_ptr<const mapping::TopicPlan> plan_;
  std::unique_ptr<encode::RowBuilder> builder_;
  encode::RowSets rows_;
  std::uint32_t messages_ = 0;
};

}  // namespace loom::testing
