#include "app/mapping_input.h"

#include <iostream>
#include <utility>

#include "base/plural.h"
#include "base/similar.h"
#include "base/wrong_setting.h"
#include "mapping/topic_pattern.h"

namespace loom::app {

void print(const std::vector<mapping::Problem>& problems) {
  for (const auto& problem : problems) std::cerr << to_string(problem) << '\n';
}

std::shared_ptr<const mapping::TopicSelection> selection_of(const settings::Config& config) {
  if (config.topics.empty() && config.topics_exclude.empty()) return nullptr;
  return std::make_shared<const mapping::TopicSelection>(config.topics, config.topics_exclude);
}

std::shared_ptr<const mapping::TopicSelection> checked_selection_of(const settings::Config& config) {
  for (const auto* items : {&config.topics, &config.topics_exclude}) {
    for (const auto& item : *items) {
      const auto problem = mapping::is_pattern(item) ? mapping::pattern_problem(item) : std::nullopt;
      if (problem) throw WrongSetting("LOOM_TOPICS or LOOM_TOPICS_EXCLUDE: the pattern `" + item + "`: " + *problem);
    }
  }
  return selection_of(config);
}

mapping::LoadResult load_mapping(const settings::Config& config, const std::optional<std::string>& file) {
  mapping::LoadResult loaded = mapping::load_mapping_file(file.value_or(config.topic_mappings));
  mapping::select_topics(selection_of(config), loaded);
  return loaded;
}

std::optional<mapping::MappingFile> load_or_complain(const settings::Config& config,
                                                     const std::optional<std::string>& file,
                                                     std::vector<mapping::Problem>* problems) {
  mapping::LoadResult loaded = load_mapping(config, file);
  print(loaded.problems);
  if (problems != nullptr) problems->insert(problems->end(), loaded.problems.begin(), loaded.problems.end());
  return std::move(loaded.file);
}

std::vector<std::string> topic_names(const mapping::MappingFile& file) {
  std::vector<std::string> names;
  for (const auto& topic : file.topics) names.push_back(topic.topic);
  return names;
}

std::string topic_count(const mapping::MappingFile& file) {
  const std::size_t here = file.topics.size();
  return plural(here, "topic") + (file.left_out == 0 ? "" : " of " + std::to_string(here + file.left_out));
}

std::string left_to_others(const std::string& topic) {
  return "LOOM_TOPICS and LOOM_TOPICS_EXCLUDE leave the topic " + topic + " to another deployment";
}

std::string why_not_mapped(const mapping::MappingFile& file, const std::string& topic) {
  if (file.selection != nullptr && !file.selection->takes(topic)) return left_to_others(topic);
  std::string list;
  const auto names = topic_names(file);
  for (const auto& name : names) list += (list.empty() ? "" : ", ") + name;
  return "no mapping of " + file.path + " is for the topic " + topic + "; " + did_you_mean(topic, names) +
         "it has: " + list;
}

}  // namespace loom::app
