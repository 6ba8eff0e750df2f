#include "base/log_repeats.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace loom::log {

namespace {

/// The event as a line that stands for `more` others, too.
Event line_for(Event event, std::uint64_t more, Duration time, std::string_view where) {
  if (more == 0) return event;
  const auto seconds = std::max<std::int64_t>(1, std::chrono::round<std::chrono::seconds>(time).count());
  event.message += fmt::format(" (and {} more in the last {} s{})", with_thousands(more), seconds, where);
  return event;
}

constexpr std::string_view kAllTopics = ", all topics together";

}  // namespace

std::string with_thousands(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t at = digits.size(); at > 3;) {
    at -= 3;
    digits.insert(at, 1, ',');
  }
  return digits;
}

/// The kind's window begins anew when it is over: what was beyond its lines is told.
void Repeats::renew(TimePoint now, Kind& kind, std::vector<Event>& lines) {
  if (now - kind.rest.since < kWindow) return;
  kind.lines = 0;
  if (kind.rest.count > 0) {
    ++kind.lines;
    lines.push_back(line_for(std::move(kind.rest.last), kind.rest.count - 1, now - kind.rest.since, kAllTopics));
  }
  kind.rest = {.since = now};
}

Repeats::Kind& Repeats::kind_of(TimePoint now, std::string_view name, std::vector<Event>& lines) {
  auto found = kinds_.find(name);
  if (found == kinds_.end()) {
    // So many kinds are not in the program: whoever makes them up shares one.
    if (kinds_.size() >= kKinds) tell(now, false, lines);
    const bool full = kinds_.size() >= kKinds;
    found = kinds_.try_emplace(full ? std::string() : std::string(name)).first;
    if (found->second.topics.empty() && found->second.lines == 0) found->second.rest.since = now;
  }
  renew(now, found->second, lines);
  return found->second;
}

void Repeats::take(TimePoint now, std::string_view name, Event event, std::vector<Event>& lines) {
  if (keys_ >= kKeys) tell(now, false, lines);  // forgets those that have been quiet
  Kind& kind = kind_of(now, name, lines);
  auto found = kind.topics.find(event.topic);
  const bool first = found == kind.topics.end();
  if (first && keys_ < kKeys) {
    found = kind.topics.try_emplace(event.topic).first;
    ++keys_;
  }
  const bool known = found != kind.topics.end();
  if (known && !first && now - found->second.since < kWindow) {
    ++found->second.count;
    event.message.resize(beginning(event.message, kKeptMessageMax).size());
    found->second.last = std::move(event);
    return;
  }
  const std::uint64_t more = known ? found->second.count : 0;
  const Duration time = known && !first ? now - found->second.since : Duration{};
  if (known) found->second = {.since = now};
  if (kind.lines < kLines) {
    ++kind.lines;
    lines.push_back(line_for(std::move(event), more, time, {}));
  } else {
    kind.rest.count += more + 1;
    event.message.resize(beginning(event.message, kKeptMessageMax).size());
    kind.rest.last = std::move(event);
  }
}

void Repeats::tell_topics(TimePoint now, bool all, Kind& kind, std::vector<Event>& lines) {
  for (auto at = kind.topics.begin(); at != kind.topics.end();) {
    Held& held = at->second;
    const bool over = now - held.since >= kWindow;
    if (over && held.count == 0) {
      at = kind.topics.erase(at);
      --keys_;
      continue;
    }
    if ((over || all) && held.count > 0) {
      if (kind.lines < kLines) {
        ++kind.lines;
        lines.push_back(line_for(std::move(held.last), held.count - 1, now - held.since, {}));
      } else {
        kind.rest.count += held.count;
        kind.rest.last = std::move(held.last);
      }
      held = {.since = now};
    }
    ++at;
  }
}

void Repeats::tell(TimePoint now, bool all, std::vector<Event>& lines) {
  for (auto at = kinds_.begin(); at != kinds_.end();) {
    Kind& kind = at->second;
    renew(now, kind, lines);
    tell_topics(now, all, kind, lines);
    if (all && kind.rest.count > 0) {
      lines.push_back(line_for(std::move(kind.rest.last), kind.rest.count - 1, now - kind.rest.since, kAllTopics));
      kind.rest = {.since = now};
    }
    const bool quiet = kind.topics.empty() && kind.rest.count == 0 && kind.lines == 0;
    at = quiet ? kinds_.erase(at) : std::next(at);
  }
}

}  // namespace loom::log
