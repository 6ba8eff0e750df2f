#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "mapping/loader.h"
#include "mapping/topic_pattern.h"

namespace loom::mapping {

/// The topics that a deployment consumes of a mapping file which it shares with others (LOOM_TOPICS,
/// LOOM_TOPICS_EXCLUDE). Items are names, or patterns as in the file; an excluded topic is out, whatever includes it.
/// Threads: any.  Fails: never; a pattern that does not compile matches nothing, which select_topics() tells.
class TopicSelection {
 public:
  /// `include`: empty means every topic.
  TopicSelection(std::vector<std::string> include, std::vector<std::string> exclude);

  [[nodiscard]] bool takes(const std::string& topic) const;

  [[nodiscard]] const std::vector<std::string>& include() const { return include_.items; }
  [[nodiscard]] const std::vector<std::string>& exclude() const { return exclude_.items; }
  /// The same text for the same selection.
  [[nodiscard]] std::string text() const;

 private:
  struct Side {
    std::vector<std::string> items;
    std::vector<std::unique_ptr<const TopicPattern>> patterns;  // of those items that are some

    explicit Side(std::vector<std::string> all);
    [[nodiscard]] bool names(const std::string& topic) const;
  };

  const Side include_;
  const Side exclude_;
};

/// Leaves of what was loaded only what the selection takes. A pattern of the file stays as it is where it may match a
/// topic that is taken: find_topic() then tells for each. Items that mean nothing in this file become problems: an
/// unknown name, or nothing left, an error; a pattern without a topic a warning. Warnings about topics of other
/// deployments are theirs. `selection`: nullptr takes everything.
void select_topics(const std::shared_ptr<const TopicSelection>& selection, LoadResult& loaded);

}  // namespace loom::mapping
