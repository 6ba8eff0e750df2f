#include "infer/keys.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <unordered_set>

#include "infer/names.h"

namespace loom::infer {
namespace {

using mapping::ValueType;

bool can_be_key(ValueType type) {
  return type == ValueType::string || type == ValueType::integer || type == ValueType::uuid;
}

bool is_time(ValueType type) {
  return type == ValueType::timestamp || type == ValueType::timestamp_s || type == ValueType::timestamp_ms ||
         type == ValueType::timestamp_us || type == ValueType::timestamp_ns;
}

bool in_every_message(const Leaf& leaf, std::uint64_t messages) {
  const auto& values = leaf.shape->values;
  return values.size() == messages && std::find(values.begin(), values.end(), 0U) == values.end();
}

std::uint64_t distinct(const std::vector<std::uint64_t>& values) {
  return std::unordered_set<std::uint64_t>(values.begin(), values.end()).size();
}

std::uint64_t distinct_pairs(const std::vector<std::uint64_t>& a, const std::vector<std::uint64_t>& b) {
  std::vector<std::uint64_t> both(a.size());
  std::transform(a.begin(), a.end(), b.begin(), both.begin(),
                 [](std::uint64_t x, std::uint64_t y) { return x * 0x9E37'79B9'7F4A'7C15U + y; });
  return distinct(both);
}

/// How surely a name says that it is the id of what the topic is about.
enum class Says { nothing, some_id, an_event, the_thing };

Says what_it_says(const Leaf& leaf, const std::string& topic) {
  const auto words = words_of(leaf.steps.back());
  static const std::set<std::string_view> kIds{"id", "uuid", "guid", "key"};
  if (kIds.count(words.back()) == 0) return Says::nothing;
  if (words.size() == 1) return leaf.steps.size() == 1 ? Says::the_thing : Says::some_id;
  static const std::set<std::string_view> kEvents{"message", "event", "msg", "record"};
  if (kEvents.count(words.front()) != 0) return Says::an_event;
  // order_id of the topic `shop.orders`
  const auto of_topic = words_of(topic);
  const bool its_own = std::any_of(of_topic.begin(), of_topic.end(), [&](const std::string& word) {
    return word == words.front() || word == words.front() + "s" || word == words.front() + "es";
  });
  return its_own ? Says::the_thing : Says::some_id;
}

/// Ids that go with a request through many services, and tell none of its messages from the others.
bool goes_through(const Leaf& leaf) {
  return has_word(leaf.steps.back(), {"trace", "span", "correlation", "session", "request", "parent"});
}

}  // namespace

KeyChoice choose_key(const std::vector<Leaf>& leaves, const std::vector<DraftColumn>& columns, std::uint64_t messages,
                     const std::string& topic) {
  std::vector<std::size_t> ids;
  std::vector<std::size_t> times;
  for (std::size_t i = 0; i < leaves.size(); ++i) {
    if (!in_every_message(leaves[i], messages)) continue;
    if (is_time(columns[i].type)) times.push_back(i);
    if (can_be_key(columns[i].type) && what_it_says(leaves[i], topic) != Says::nothing) ids.push_back(i);
  }
  const auto differs = [&](std::size_t i) { return distinct(leaves[i].shape->values) == messages; };
  const std::string each =
      messages == 1 ? "only one message was seen" : fmt::format("another one in each of the {} messages", messages);
  for (const Says wanted : {Says::the_thing, Says::an_event}) {
    for (const std::size_t i : ids) {
      if (what_it_says(leaves[i], topic) == wanted && differs(i)) return {{i}, false, each};
    }
  }
  for (const std::size_t i : ids) {
    if (what_it_says(leaves[i], topic) != Says::the_thing) continue;
    return {{i},
            true,
            fmt::format("{} of them in {} messages, so that a later one updates an earlier one",
                        distinct(leaves[i].shape->values), messages)};
  }
  for (const std::size_t i : ids) {
    for (const std::size_t time : times) {
      if (goes_through(leaves[i])) continue;
      if (distinct_pairs(leaves[i].shape->values, leaves[time].shape->values) == messages)
        return {{i, time}, false, each};
    }
  }
  for (const std::size_t i : ids) {
    if (!goes_through(leaves[i]) && differs(i)) return {{i}, false, each};
  }
  return {};
}

}  // namespace loom::infer
