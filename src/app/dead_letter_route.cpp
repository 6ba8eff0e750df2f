#include "app/dead_letter_route.h"

#include <algorithm>

namespace loom::app {

namespace {

using settings::DeadLetterTarget;

const mapping::TopicMapping* named_dead_letter_topic(const settings::Config& config, const mapping::MappingFile& file) {
  const auto found = std::find_if(file.topics.begin(), file.topics.end(), [&](const mapping::TopicMapping& topic) {
    return !topic.is_pattern && topic.topic.ends_with(config.dead_letter_suffix);
  });
  return found == file.topics.end() ? nullptr : &*found;
}

}  // namespace

std::unique_ptr<source::DeadLetterTopic> make_dead_letter_topic(const settings::Config& config) {
  if (config.dead_letters == DeadLetterTarget::table) return nullptr;
  return std::make_unique<source::DeadLetterTopic>(
      source::DeadLetterTopicSettings{.bootstrap_servers = config.bootstrap_servers,
                                      .properties = config.rdkafka,
                                      .consumer_group = config.group_id(),
                                      .suffix = config.dead_letter_suffix});
}

sink::DeadLetterRoute route_of(const settings::Config& config, source::DeadLetterTopic* topic) {
  return {.table = config.dead_letters != DeadLetterTarget::topic, .topic = topic};
}

std::optional<std::string> dead_letter_problem(const settings::Config& config, const mapping::MappingFile& file) {
  if (config.dead_letters == DeadLetterTarget::table) return std::nullopt;
  const mapping::TopicMapping* named = named_dead_letter_topic(config, file);
  if (named == nullptr) return std::nullopt;
  return file.path + ":" + std::to_string(named->line) + ": error: topic \"" + named->topic +
         "\" is where dead letters go (LOOM_DLQ, LOOM_DLQ_SUFFIX), so it cannot be mapped: choose another suffix";
}

std::optional<std::string> hidden_topics(const settings::Config& config, const mapping::MappingFile& file) {
  if (named_dead_letter_topic(config, file) != nullptr) return std::nullopt;
  std::string pattern = "^.*";
  for (const char c : config.dead_letter_suffix) pattern += c == '.' ? "\\." : std::string(1, c);
  pattern += '$';
  const auto users = config.rdkafka.find("topic.blacklist");
  if (users != config.rdkafka.end() && !users->second.empty()) pattern += "," + users->second;
  return pattern;
}

}  // namespace loom::app
