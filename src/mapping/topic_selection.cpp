#include "mapping/topic_selection.h"

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

#include "base/similar.h"

namespace loom::mapping {
namespace {

constexpr const char* kInclude = "LOOM_TOPICS";
constexpr const char* kExclude = "LOOM_TOPICS_EXCLUDE";

/// False: there is certainly no topic that both match.
bool may_meet(const std::string& a, const std::string& b) {
  const std::string of_a = pattern_start(a).text;
  const std::string of_b = pattern_start(b).text;
  return of_a.starts_with(of_b) || of_b.starts_with(of_a);
}

/// True: `wide` certainly matches every topic that `narrow` does.
bool encloses(const std::string& wide, const std::string& narrow) {
  if (wide == narrow) return true;
  const PatternStart start = pattern_start(wide);
  return start.suffices && pattern_start(narrow).text.starts_with(start.text);
}

/// Whether this pattern of the file may have a topic that the selection takes.
bool may_take_of(const TopicSelection& selection, const MappingFile& file, const TopicMapping& pattern) {
  const auto& exclude = selection.exclude();
  const auto all_of_it = [&](const std::string& item) { return is_pattern(item) && encloses(item, pattern.topic); };
  if (std::any_of(exclude.begin(), exclude.end(), all_of_it)) return false;
  const auto some_of_it = [&](const std::string& item) {
    if (is_pattern(item)) return may_meet(item, pattern.topic);
    return selection.takes(item) && find_topic(file, item) == &pattern;
  };
  const auto& include = selection.include();
  return include.empty() || std::any_of(include.begin(), include.end(), some_of_it);
}

class Checker {
 public:
  Checker(const MappingFile& file, std::vector<Problem>& problems) : file_(file), problems_(problems) {
    for (const auto& topic : file.topics) {
      if (!topic.is_pattern) names_.push_back(topic.topic);
    }
  }

  void check(const char* setting, const std::vector<std::string>& items) {
    for (const auto& item : items) {
      if (is_pattern(item)) {
        check_pattern(setting, item);
      } else {
        check_name(setting, item);
      }
    }
  }

  void nothing_left() {
    add(Severity::error, kInclude,
        std::string("and ") + kExclude + " leave no topic of " + file_.path + ": there would be nothing to consume");
  }

 private:
  void check_name(const char* setting, const std::string& name) {
    if (find_topic(file_, name) != nullptr) return;
    const std::string_view similar = similar_name(name, names_);
    add(Severity::error, setting,
        "names the topic `" + name + "`, which " + file_.path + " neither has nor matches by a pattern" +
            (similar.empty() ? "; a pattern begins with `^`" : "; did you mean `" + std::string(similar) + "`?"));
  }

  void check_pattern(const char* setting, const std::string& item) {
    const TopicPattern pattern(item);
    if (const auto problem = pattern_problem(item)) {
      add(Severity::error, setting, "has the pattern `" + item + "`, which is none: " + *problem);
      return;
    }
    if (const auto warning = pattern_warning(item)) {
      add(Severity::warning, setting, "has the pattern `" + item + "`: " + *warning);
    }
    const bool means_some = std::any_of(file_.topics.begin(), file_.topics.end(), [&](const TopicMapping& topic) {
      return topic.is_pattern ? may_meet(item, topic.topic) : pattern.matches(topic.topic);
    });
    if (means_some) return;
    add(Severity::warning, setting, "has the pattern `" + item + "`, which matches no topic of " + file_.path);
  }

  void add(Severity severity, const char* setting, const std::string& text) {
    Problem& made = problems_.emplace_back();
    made.severity = severity;
    made.message = std::string(setting) + " " + text;
  }

  const MappingFile& file_;
  std::vector<Problem>& problems_;
  std::vector<std::string> names_;
};

}  // namespace

TopicSelection::Side::Side(std::vector<std::string> all) : items(std::move(all)) {
  for (const auto& item : items) {
    if (is_pattern(item)) patterns.push_back(std::make_unique<const TopicPattern>(item));
  }
}

bool TopicSelection::Side::names(const std::string& topic) const {
  return std::find(items.begin(), items.end(), topic) != items.end() ||
         std::any_of(patterns.begin(), patterns.end(), [&](const auto& pattern) { return pattern->matches(topic); });
}

TopicSelection::TopicSelection(std::vector<std::string> include, std::vector<std::string> exclude)
    : include_(std::move(include)), exclude_(std::move(exclude)) {}

bool TopicSelection::takes(const std::string& topic) const {
  return (include_.items.empty() || include_.names(topic)) && !exclude_.names(topic);
}

std::string TopicSelection::text() const {
  std::string text;
  for (const auto& item : include_.items) text += item + '\n';
  text += '\n';
  for (const auto& item : exclude_.items) text += item + '\n';
  return text;
}

void select_topics(const std::shared_ptr<const TopicSelection>& selection, LoadResult& loaded) {
  if (selection == nullptr || !loaded.file) return;
  const MappingFile& all = *loaded.file;
  MappingFile chosen{.path = all.path, .topics = {}, .selection = selection, .left_out = 0};
  std::set<std::string> left;
  for (const auto& topic : all.topics) {
    if (topic.is_pattern ? may_take_of(*selection, all, topic) : selection->takes(topic.topic)) {
      chosen.topics.push_back(topic);
    } else {
      left.insert(topic.topic);
    }
  }
  chosen.left_out = left.size();
  std::erase_if(loaded.problems, [&](const Problem& problem) {
    return problem.severity == Severity::warning && left.contains(problem.topic);
  });
  Checker checker(all, loaded.problems);
  checker.check(kInclude, selection->include());
  checker.check(kExclude, selection->exclude());
  if (chosen.topics.empty() && !all.topics.empty() && !has_errors(loaded.problems)) checker.nothing_left();
  if (has_errors(loaded.problems)) {
    loaded.file.reset();
  } else {
    loaded.file = std::move(chosen);
  }
}

}  // namespace loom::mapping
