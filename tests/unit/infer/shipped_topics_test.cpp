// For each of Loom's topics: a mapping drafted from its sample messages alone gives the rows of the shipped mapping.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <sstream>

#include "infer/draft.h"
#include "infer/read.h"
#include "infer/yaml.h"
#include "mapping/ddl.h"
#include "mapping/loader.h"
#include "pipeline/compile_topic.h"
#include "preview/input_lines.h"
#include "preview/preview.h"
#include "samples/messages.h"

namespace loom::infer {
namespace {

constexpr int kMessages = 100;

/// Rows by the list that they were made of (empty: the message), each as column -> value.
using Row = std::map<std::string, std::string>;
using Rows = std::map<std::string, std::vector<Row>>;

/// A topic's mapping, ready to map messages.
class Mapped {
 public:
  Mapped(const mapping::MappingFile& file, const mapping::TopicMapping& topic) {
    std::vector<mapping::Problem> problems;
    const mapping::DefinedCatalog catalog(mapping::table_definitions(file, problems, mapping::TablesOf::all_topics));
    auto compiled = pipeline::compile_topic(topic, catalog, file.path);
    problems.insert(problems.end(), compiled.problems.begin(), compiled.problems.end());
    for (const auto& problem : problems) ADD_FAILURE() << to_string(problem);
    plan_ = std::move(compiled.plan.value());
    preview_.emplace(plan_, topic.topic, clock_);
  }

  Rows rows_of(const preview::InputLine& line) {
    Rows rows;
    const auto mapped = preview_->map(record_of(line, 0));
    EXPECT_FALSE(mapped.reject) << mapped.reject->message << "\n" << line.value;
    for (const auto& row : mapped.rows) {
      Row values;
      for (const auto& field : row.fields) values[field.column] = field.value.value_or("NULL");
      rows[list_of(row.table)].push_back(std::move(values));
    }
    return rows;
  }

 private:
  std::string list_of(const std::string& table) const {
    for (const auto& array : plan_.arrays) {
      if (array.table != 0 && plan_.tables[array.table].name.display() == table) return array.path;
    }
    return "";
  }

  SystemClock clock_;
  mapping::TopicPlan plan_;
  std::optional<preview::Preview> preview_;
};

std::vector<std::string> samples_of(const mapping::TopicMapping& topic) {
  samples::SampleGenerator generator(topic, {});
  std::vector<std::string> lines;
  samples::SampleMessage message;
  for (int i = 0; i < kMessages; ++i) {
    generator.next(message);
    lines.push_back(message.value);
  }
  return lines;
}

mapping::MappingFile inferred(const std::string& topic, const std::vector<std::string>& lines) {
  std::stringstream text;
  for (const auto& line : lines) text << line << '\n';
  const Samples samples = read_samples(text);
  const std::string yaml = to_yaml(draft_mapping(samples.root, samples.messages, {topic, {}, {}}));
  auto loaded = mapping::load_mapping_text(yaml, topic);
  for (const auto& problem : loaded.problems) ADD_FAILURE() << to_string(problem) << "\n" << yaml;
  return std::move(loaded.file.value());
}

void compare(const Row& shipped, const Row& drafted, const std::string& where, int& values) {
  for (const auto& [column, value] : shipped) {
    const auto found = drafted.find(column);
    if (found == drafted.end()) continue;
    ++values;
    EXPECT_EQ(found->second, value) << where << " " << column;
  }
}

/// `own_lists`: those whose elements are rows of the topic's own table in the shipped mapping; a draft makes a table of
/// each, so that both its rows together have what one shipped row has.
void compare(const Rows& shipped, Rows drafted, const std::vector<std::string>& own_lists, int& values) {
  for (const auto& [list, rows] : shipped) {
    auto& others = drafted[list];
    const bool merged = list.empty() && !own_lists.empty();
    if (!merged) {
      ASSERT_EQ(others.size(), rows.size()) << "list \"" << list << "\"";
    }
    for (std::size_t i = 0; i < rows.size(); ++i) {
      compare(rows[i], others.at(merged ? 0 : i), list, values);
      if (!merged) continue;
      const auto& elements = drafted[own_lists.at(0)];
      if (!elements.empty()) compare(rows[i], elements.at(i), own_lists[0], values);
    }
  }
}

std::vector<std::string> own_lists_of(const mapping::TopicMapping& topic) {
  std::vector<std::string> lists;
  for (const auto& array : topic.array_mappings) {
    if (!array.table) lists.push_back(array.path);
  }
  return lists;
}

TEST(InferShippedTopics, TheDraftsRowsAreThoseOfTheShippedMapping) {
  auto loaded = mapping::load_mapping_file(std::string(LOOM_SOURCE_DIR) + "/topic_mappings.yml");
  const mapping::MappingFile file = std::move(loaded.file.value());
  int topics = 0;
  for (const auto& topic : file.topics) {
    if (topic.is_pattern) continue;
    SCOPED_TRACE(topic.topic);
    const auto lines = samples_of(topic);
    const mapping::MappingFile draft = inferred(topic.topic, lines);
    Mapped by_shipped(file, topic);
    Mapped by_draft(draft, draft.topics.at(0));
    int values = 0;
    for (std::size_t i = 0; i < lines.size(); ++i) {
      const preview::InputLine line{i + 1, lines[i], std::nullopt};
      compare(by_shipped.rows_of(line), by_draft.rows_of(line), own_lists_of(topic), values);
      if (::testing::Test::HasFailure()) break;
    }
    EXPECT_GT(values, kMessages) << "nothing to compare";
    ++topics;
  }
  EXPECT_GE(topics, 45);
}

}  // namespace
}  // namespace loom::infer
