#include "app/mapping_input.h"

#include <iostream>

#include "mapping/loader.h"

namespace loom::app {

void print(const std::vector<mapping::Problem>& problems) {
  for (const auto& problem : problems) std::cerr << to_string(problem) << '\n';
}

std::optional<mapping::MappingFile> load_or_complain(const std::string& path, std::vector<mapping::Problem>* problems) {
  mapping::LoadResult loaded = mapping::load_mapping_file(path);
  print(loaded.problems);
  if (problems != nullptr) problems->insert(problems->end(), loaded.problems.begin(), loaded.problems.end());
  return std::move(loaded.file);
}

std::vector<std::string> topic_names(const mapping::MappingFile& file) {
  std::vector<std::string> names;
  for (const auto& topic : file.topics) names.push_back(topic.topic);
  return names;
}

}  // namespace loom::app
