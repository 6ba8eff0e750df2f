#include "infer/draft.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "base/similar.h"
#include "base/wrong_setting.h"
#include "infer/columns.h"
#include "infer/keys.h"
#include "infer/names.h"
#include "mapping/table_names.h"

namespace loom::infer {
namespace {

using mapping::ValueType;

constexpr const char* kPosition = "position";

/// Gives columns names that no other column of the topic has: `data_types` goes by the name alone.
class Namer {
 public:
  /// The last step of the way to it, or as many more as make the name its own.
  void name(std::vector<DraftColumn>& columns, const std::vector<Leaf>& leaves, const std::string& prefix) {
    std::map<std::string, int> times;
    for (const Leaf& leaf : leaves) ++times[column_name(leaf.steps.back())];
    for (std::size_t i = 0; i < columns.size(); ++i) {
      std::string name = column_name(leaves[i].steps.back());
      if (times[name] > 1) name = column_name(joined(leaves[i].steps));
      if (taken_.count(name) != 0 && !prefix.empty()) name = column_name(fmt::format("{}_{}", prefix, name));
      columns[i].column = take(name);
    }
  }
  std::string take(const std::string& name) { return *taken_.insert(free_name(name, taken_)).first; }

 private:
  static std::string joined(const std::vector<std::string>& steps) {
    std::string name;
    for (const std::string& step : steps) name += (name.empty() ? "" : "_") + step;
    return name;
  }

  std::set<std::string> taken_{mapping::kSystemColumns.begin(), mapping::kSystemColumns.end()};
};

std::vector<DraftColumn> columns_of(const std::vector<Leaf>& leaves, std::uint64_t of) {
  std::vector<DraftColumn> columns;
  columns.reserve(leaves.size());
  for (const Leaf& leaf : leaves) columns.push_back(column_of(leaf, of));
  return columns;
}

/// The record's place in Kafka, where nothing in the messages tells them apart.
void add_kafka_position(MappingDraft& draft, Namer& namer) {
  for (const char* source : {"$partition", "$offset"}) {
    const std::string column = namer.take(std::string("kafka_") + (source + 1));
    draft.columns.insert(draft.columns.begin() + static_cast<std::ptrdiff_t>(draft.key.size()),
                         {source, column, ValueType::integer, ""});
    draft.key.push_back(column);
  }
  draft.key_doubt = "nothing in the messages tells them apart: their place in Kafka does";
}

void take_given_key(MappingDraft& draft, const DraftOptions& options) {
  std::vector<std::string> known;
  for (const auto& column : draft.columns) known.push_back(column.column);
  for (const std::string& wanted : options.key) {
    const auto found = std::find_if(draft.columns.begin(), draft.columns.end(), [&](const DraftColumn& column) {
      return column.column == wanted || column.source == wanted;
    });
    if (found == draft.columns.end()) {
      throw WrongSetting("--key names " + wanted + ", and the messages have no such field; " +
                         did_you_mean(wanted, known) + "there are: " + fmt::format("{}", fmt::join(known, ", ")));
    }
    draft.key.push_back(found->column);
  }
}

/// Objects: a row each, and child tables for their lists of objects.
void draft_objects(const Shape& root, const DraftOptions& options, MappingDraft& draft) {
  Namer namer;
  const Leaves leaves = leaves_of(root, true);
  draft.columns = columns_of(leaves.columns, draft.messages);
  namer.name(draft.columns, leaves.columns, "");
  if (options.key.empty()) {
    const KeyChoice choice = choose_key(leaves.columns, draft.columns, draft.messages, options.topic);
    for (const std::size_t leaf : choice.leaves) draft.key.push_back(draft.columns[leaf].column);
    draft.updates = choice.updates;
    draft.key_doubt = choice.doubt;
  } else {
    take_given_key(draft, options);
  }
  if (draft.key.empty()) add_kafka_position(draft, namer);
  std::set<std::string> tables{draft.table};
  for (const Leaf& leaf : leaves.lists) {
    const std::string name = column_name(leaf.steps.back());
    const Leaves inner = leaves_of(*leaf.shape->element, false);
    DraftList list{leaf.path, free_name(column_name(draft.table + "_" + name), tables),
                   namer.take(column_name(name + "_" + kPosition)),
                   columns_of(inner.columns, leaf.shape->element->seen)};
    tables.insert(list.table);
    namer.name(list.columns, inner.columns, name);
    draft.lists.push_back(std::move(list));
  }
}

/// Lists: a row for each element.
void draft_elements(const Shape& root, MappingDraft& draft) {
  if (!root.element || root.element->objects == 0 || root.element->scalars() + root.element->lists != 0) {
    throw WrongSetting("the messages are lists, but not of objects: nothing in them has a name that could be a column");
  }
  Namer namer;
  add_kafka_position(draft, namer);
  const Leaves inner = leaves_of(*root.element, false);
  DraftList list{"$value", "", namer.take(kPosition), columns_of(inner.columns, root.element->seen)};
  namer.name(list.columns, inner.columns, "");
  draft.key.push_back(list.sequence);
  draft.lists.push_back(std::move(list));
}

}  // namespace

MappingDraft draft_mapping(const Shape& root, std::uint64_t messages, const DraftOptions& options) {
  MappingDraft draft;
  draft.topic = options.topic;
  draft.table = options.table.value_or(column_name(options.topic));
  draft.messages = messages;
  if (root.lists != 0) {
    draft_elements(root, draft);
  } else {
    draft_objects(root, options, draft);
  }
  return draft;
}

}  // namespace loom::infer
