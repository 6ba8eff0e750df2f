#include "samples/faults.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <simdjson.h>

#include <map>

#include "samples/messages.h"

namespace loom::samples {
namespace {

using mapping::Transform;
using mapping::ValueType;
using ::testing::AllOf;
using ::testing::Gt;
using ::testing::HasSubstr;
using ::testing::Lt;

mapping::TopicMapping topic_of_every_type() {
  mapping::TopicMapping topic;
  for (const char* name : {"device_id", "timestamp", "count", "level", "flag", "vector", "blob", "label"}) {
    topic.field_mappings.push_back({name, name, 0});
  }
  topic.data_types = {{"timestamp", ValueType::timestamp}, {"count", ValueType::integer},
                      {"level", ValueType::floating},      {"flag", ValueType::boolean},
                      {"vector", ValueType::float_array},  {"blob", ValueType::bytes},
                      {"label", ValueType::string}};
  topic.transforms = {{"blob", Transform::base64_decode}};
  topic.required_fields = {"device_id"};
  return topic;
}

std::map<RejectReason, int> reasons_of(const mapping::TopicMapping& topic, int messages) {
  SampleGenerator generator(topic, {.seed = 3, .bad_ratio = 1});
  std::map<RejectReason, int> reasons;
  SampleMessage message;
  for (int i = 0; i < messages; ++i) {
    generator.next(message);
    EXPECT_TRUE(message.expected.has_value());
    EXPECT_EQ(message.rows, 0U);
    if (message.expected) ++reasons[*message.expected];
  }
  return reasons;
}

/// Runs the generator until it makes a message bad for this reason.
std::vector<SampleMessage> messages_with(RejectReason reason, int tries = 2000) {
  SampleGenerator generator(topic_of_every_type(), {.seed = 3, .bad_ratio = 1});
  std::vector<SampleMessage> found;
  SampleMessage message;
  for (int i = 0; i < tries; ++i) {
    generator.next(message);
    if (message.expected == reason) found.push_back(message);
  }
  return found;
}

bool parses(const std::string& text) {
  simdjson::dom::parser parser;
  return parser.parse(text).error() == simdjson::SUCCESS;
}

TEST(SampleFaults, AreOfEveryKindThatADecoderCanMeet) {
  const auto reasons = reasons_of(topic_of_every_type(), 2000);
  for (const RejectReason reason : {RejectReason::tombstone, RejectReason::invalid_json, RejectReason::not_an_object,
                                    RejectReason::missing_required_field, RejectReason::conversion_failed,
                                    RejectReason::out_of_range, RejectReason::invalid_text}) {
    EXPECT_EQ(reasons.count(reason), 1U) << to_string(reason);
  }
}

TEST(SampleFaults, FitTheMapping) {
  mapping::TopicMapping topic = topic_of_every_type();
  topic.required_fields.clear();
  topic.nul = mapping::NulPolicy::strip;
  topic.data_types.erase("count");
  const auto reasons = reasons_of(topic, 2000);
  EXPECT_EQ(reasons.count(RejectReason::missing_required_field), 0U) << "nothing is required";
  EXPECT_EQ(reasons.count(RejectReason::invalid_text), 0U) << "a NUL character is stripped";
  EXPECT_EQ(reasons.count(RejectReason::out_of_range), 0U) << "there is no integer column";
}

TEST(SampleFaults, ARequiredFieldWithADefaultIsNotMissed) {
  mapping::TopicMapping topic = topic_of_every_type();
  topic.defaults = {{"device_id", "\"unknown\""}};
  EXPECT_EQ(reasons_of(topic, 1000).count(RejectReason::missing_required_field), 0U);
}

TEST(SampleFaults, ComeInTheWantedRatio) {
  SampleGenerator generator(topic_of_every_type(), {.seed = 9, .bad_ratio = 0.1});
  int bad = 0;
  SampleMessage message;
  for (int i = 0; i < 10'000; ++i) {
    generator.next(message);
    if (message.expected) ++bad;
    if (!message.expected) {
      ASSERT_TRUE(parses(message.value)) << message.value;
    }
  }
  EXPECT_THAT(bad, AllOf(Gt(850), Lt(1150)));
}

TEST(SampleFaults, InvalidJsonIsJustThat) {
  const auto messages = messages_with(RejectReason::invalid_json);
  ASSERT_FALSE(messages.empty());
  for (const SampleMessage& message : messages) EXPECT_FALSE(parses(message.value)) << message.value;
}

TEST(SampleFaults, OtherFaultsAreValidJson) {
  for (const RejectReason reason : {RejectReason::not_an_object, RejectReason::missing_required_field,
                                    RejectReason::conversion_failed, RejectReason::invalid_text}) {
    for (const SampleMessage& message : messages_with(reason)) EXPECT_TRUE(parses(message.value)) << message.value;
  }
}

TEST(SampleFaults, TombstonesAreNullAndEmptyValues) {
  bool null = false;
  bool empty = false;
  for (const SampleMessage& message : messages_with(RejectReason::tombstone)) {
    EXPECT_TRUE(message.value.empty());
    (message.has_value ? empty : null) = true;
  }
  EXPECT_TRUE(null);
  EXPECT_TRUE(empty);
}

TEST(SampleFaults, ANulCharacterIsEscaped) {
  for (const SampleMessage& message : messages_with(RejectReason::invalid_text)) {
    EXPECT_THAT(message.value, HasSubstr("\\u0000"));
  }
}

}  // namespace
}  // namespace loom::samples
