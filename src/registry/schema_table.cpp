#include "registry/schema_table.h"

#include <algorithm>
#include <utility>

namespace loom::registry {

decode::SchemaAnswer SchemaTable::find(const decode::SchemaId& id, TimePoint now) {
  if (const auto known = known_.find(id); known != known_.end()) {
    used_.splice(used_.begin(), used_, known->second.place);
    return {.schema = known->second.schema, .problem = {}};
  }
  if (const auto problem = problems_.find(id); problem != problems_.end()) {
    if (holds(problem->second, now)) return {.schema = nullptr, .problem = problem->second.text};
    problems_.erase(problem);
  }
  if (wanted_.size() < limits_.wanted) wanted_.try_emplace(id, Wanted{.when = now});
  return {.schema = nullptr, .problem = {}, .wanted = true};
}

std::optional<SchemaTable::Due> SchemaTable::next() const {
  const auto first = std::min_element(wanted_.begin(), wanted_.end(),
                                      [](const auto& a, const auto& b) { return a.second.when < b.second.when; });
  if (first == wanted_.end()) return std::nullopt;
  return Due{first->first, first->second.when};
}

void SchemaTable::found(const decode::SchemaId& id, std::shared_ptr<const formats::Schema> schema, std::size_t bytes) {
  wanted_.erase(id);
  if (known_.contains(id)) return;
  used_.push_front(id);
  known_.emplace(id, Known{std::move(schema), bytes, used_.begin()});
  bytes_ += bytes;
  while (known_.size() > 1 && (known_.size() > limits_.schemas || bytes_ > limits_.bytes)) {
    const auto oldest = known_.find(used_.back());
    bytes_ -= oldest->second.bytes;
    known_.erase(oldest);
    used_.pop_back();
  }
}

bool SchemaTable::unknown(const decode::SchemaId& id, std::string problem, TimePoint now) {
  const auto wanted = wanted_.find(id);
  if (wanted != wanted_.end() && !wanted->second.looked) {
    wanted->second = {.when = now + limits_.second_look, .looked = true};
    return false;
  }
  wrong(id, std::move(problem), now);
  return true;
}

void SchemaTable::postpone(const decode::SchemaId& id, TimePoint now) {
  const auto wanted = wanted_.find(id);
  if (wanted != wanted_.end()) wanted->second.when = now;
}

bool SchemaTable::holds(const Problem& problem, TimePoint now) const {
  return now < last_problem_ + limits_.problem_time && now < problem.since + limits_.problem_time_most;
}

void SchemaTable::wrong(const decode::SchemaId& id, std::string problem, TimePoint now) {
  wanted_.erase(id);
  if (problems_.size() >= limits_.problems && !problems_.contains(id)) {
    std::erase_if(problems_, [&](const auto& entry) { return !holds(entry.second, now); });
  }
  if (problems_.size() >= limits_.problems && !problems_.contains(id)) {
    problems_.erase(std::min_element(problems_.begin(), problems_.end(),
                                     [](const auto& a, const auto& b) { return a.second.since < b.second.since; }));
  }
  problems_.insert_or_assign(id, Problem{std::move(problem), now});
  last_problem_ = now;
}

}  // namespace loom::registry
