#include "base/log_recent.h"

#include <algorithm>
#include <utility>

namespace loom::log {

void RecentEvents::add(std::int64_t wall_us, std::string_view kind, Level level, std::string_view topic,
                       std::string_view message) {
  kind = beginning(kind, kKeptMessageMax);
  const auto found = std::find_if(entries_.begin(), entries_.end(),
                                  [&](const Entry& entry) { return entry.kind == kind && entry.event.topic == topic; });
  Entry entry;
  if (found != entries_.end()) {
    entry = std::move(*found);
    entries_.erase(found);
    ++entry.event.times;
  } else {
    entry.kind = kind;
    entry.event.topic = topic;
  }
  entry.event.wall_us = wall_us;
  entry.event.level = level;
  entry.event.message = beginning(message, kKeptMessageMax);
  entries_.push_front(std::move(entry));
  if (entries_.size() > kMost) entries_.pop_back();
}

std::vector<Recent> RecentEvents::list() const {
  std::vector<Recent> list;
  list.reserve(entries_.size());
  for (const Entry& entry : entries_) list.push_back(entry.event);
  return list;
}

}  // namespace loom::log
