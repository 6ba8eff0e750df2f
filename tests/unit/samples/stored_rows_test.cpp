#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <stdexcept>

#include "encode/row_builder.h"
#include "mapping/ddl.h"
#include "mapping/loader.h"
#include "pipeline/compile_topic.h"
#include "registry/parse_schema.h"
#include "samples/messages.h"
#include "support/manual_clock.h"

namespace loom::samples {
namespace {

using formats::Format;
using ::testing::Contains;
using ::testing::Key;

/// A registry that has one schema.
class SchemaOfSamples final : public decode::SchemaSource {
 public:
  static constexpr std::uint64_t kId = 12;

  explicit SchemaOfSamples(const SampleSchema& schema) {
    registry::FetchedSchema fetched;
    fetched.outcome = registry::Outcome::ok;
    fetched.format = schema.format;
    fetched.text = schema.text;
    registry::ParsedSchema parsed = registry::parse_schema(fetched);
    if (parsed.schema == nullptr) throw std::runtime_error(parsed.problem + "\n" + schema.text);
    schema_ = std::move(parsed.schema);
  }
  decode::SchemaAnswer find(const decode::SchemaId& id) override {
    if (id.number != kId) return {nullptr, "there is no such schema", false};
    return {schema_, {}, false};
  }
  [[nodiscard]] std::optional<decode::SchemaTrouble> trouble() const override { return std::nullopt; }

 private:
  std::shared_ptr<const formats::Schema> schema_;
};

/// A topic as the service stores it in the tables that create-tables makes.
class Store {
 public:
  Store(mapping::TopicMapping topic, Format format, decode::SchemaSource* schemas) {
    topic.value_format.format = format;
    mapping::MappingFile file{.path = "test", .topics = {topic}};
    std::vector<mapping::Problem> problems;
    const mapping::DefinedCatalog tables(mapping::table_definitions(file, problems));
    auto compiled = pipeline::compile_topic(topic, tables, "test");
    if (!compiled.plan) throw std::runtime_error("no plan for " + topic.topic);
    builder_ =
        std::make_unique<encode::RowBuilder>(std::make_shared<const mapping::TopicPlan>(std::move(*compiled.plan)),
                                             topic.topic, clock_, decode::Registry{.schemas = schemas});
  }

  /// The message's rows as they are sent to the database; with its reject, none.
  std::vector<std::string> rows_of(const SampleMessage& sample) {
    encode::RowSets sets;
    Message message;
    message.value = sample.value;
    message.has_value = sample.has_value;
    message.key = sample.key;
    message.has_key = true;
    reject = builder_->append(message, 0, sets);
    std::vector<std::string> rows;
    for (const encode::RowSet& set : sets.all()) {
      for (std::size_t i = 0; i < set.rows.size(); ++i) {
        rows.push_back(std::to_string(set.table) + ": " + std::string(set.row(i)));
      }
    }
    return rows;
  }

  std::optional<Reject> reject;

 private:
  test_support::ManualClock clock_;
  std::unique_ptr<encode::RowBuilder> builder_;
};

std::vector<mapping::TopicMapping> topics_of_the_project() {
  mapping::LoadResult loaded = mapping::load_mapping_file(std::string(LOOM_SOURCE_DIR) + "/topic_mappings.yml");
  if (!loaded.file) throw std::runtime_error("topic_mappings.yml cannot be loaded");
  return loaded.file->topics;
}

/// Numbers inside JSON lose zeros at their end in Protobuf: 0.500 becomes 0.5.
bool has_documents(const mapping::TopicMapping& topic) {
  const auto fields = sample_fields(topic);
  return std::any_of(fields.begin(), fields.end(),
                     [](const SampleField& field) { return field.value.kind == SampleValue::Kind::object; });
}

std::shared_ptr<SampleEncoder> framed_encoder(const mapping::TopicMapping& topic, Format format) {
  return std::make_shared<SampleEncoder>(sample_schema(topic, topic.topic, format),
                                         SampleFrame{.id = SchemaOfSamples::kId});
}

class StoredSamples : public ::testing::TestWithParam<Format> {};
INSTANTIATE_TEST_SUITE_P(Formats, StoredSamples, ::testing::Values(Format::avro, Format::protobuf),
                         [](const auto& one) { return std::string(mapping::to_string(one.param)); });

TEST_P(StoredSamples, BecomeTheSameRowsAsTheirJson) {
  int compared = 0;
  for (const mapping::TopicMapping& topic : topics_of_the_project()) {
    if (GetParam() == Format::protobuf && has_documents(topic)) continue;
    const auto encoder = framed_encoder(topic, GetParam());
    SchemaOfSamples schemas(encoder->schema());
    Store from_json(topic, Format::json, nullptr);
    Store from_encoded(topic, GetParam(), &schemas);
    SampleGenerator plain(topic, {.seed = 6});
    SampleGenerator encoded(topic, {.seed = 6, .encoder = encoder});
    SampleMessage json_message;
    SampleMessage message;
    for (int i = 0; i < 30; ++i) {
      plain.next(json_message);
      encoded.next(message);
      const auto wanted = from_json.rows_of(json_message);
      ASSERT_FALSE(wanted.empty()) << topic.topic << ": " << from_json.reject->message;
      ASSERT_EQ(from_encoded.rows_of(message), wanted)
          << topic.topic << ": " << (from_encoded.reject ? from_encoded.reject->message : json_message.value);
      ++compared;
    }
  }
  EXPECT_GT(compared, 300);
}

TEST_P(StoredSamples, AreRefusedForTheReasonThatTheGeneratorSays) {
  std::map<RejectReason, int> reasons;
  for (const mapping::TopicMapping& topic : topics_of_the_project()) {
    const auto encoder = framed_encoder(topic, GetParam());
    SchemaOfSamples schemas(encoder->schema());
    Store store(topic, GetParam(), &schemas);
    SampleGenerator bad(topic, {.seed = 7, .bad_ratio = 1, .encoder = encoder});
    SampleMessage message;
    for (int i = 0; i < 60; ++i) {
      bad.next(message);
      ASSERT_TRUE(message.expected);
      ASSERT_TRUE(store.rows_of(message).empty()) << topic.topic << ": " << to_string(*message.expected);
      ASSERT_TRUE(store.reject) << topic.topic << ": " << to_string(*message.expected);
      ASSERT_EQ(to_string(store.reject->reason), to_string(*message.expected))
          << topic.topic << ": " << store.reject->message;
      ++reasons[*message.expected];
    }
  }
  for (const RejectReason reason : {RejectReason::tombstone, RejectReason::not_decodable, RejectReason::unknown_schema,
                                    RejectReason::missing_required_field, RejectReason::invalid_text}) {
    EXPECT_THAT(reasons, Contains(Key(reason))) << to_string(reason);
  }
}

}  // namespace
}  // namespace loom::samples
