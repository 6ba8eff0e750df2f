#include "fault_deck.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace loom::testing {

FaultDeck::FaultDeck(std::vector<Kind> kinds, std::function<std::size_t(std::size_t)> index_below)
    : kinds_(std::move(kinds)), index_below_(std::move(index_below)) {}

FaultDeck::Kind& FaultDeck::draw() {
  if (left_.empty()) {
    for (Kind& kind : kinds_) left_.push_back(&kind);
    for (std::size_t i = left_.size(); i > 1; --i) std::swap(left_[i - 1], left_[index_below_(i)]);
  }
  Kind& kind = *left_.back();
  left_.pop_back();
  return kind;
}

int FaultDeck::injected() const {
  int all = 0;
  for (const Kind& kind : kinds_) all += kind.times;
  return all;
}

std::string FaultDeck::in_words() const {
  std::string text;
  for (const Kind& kind : kinds_) {
    if (!text.empty()) text += ", ";
    text += fmt::format("{} {}", kind.times, kind.name);
    if (kind.recoveries.empty()) continue;
    auto sorted = kind.recoveries;
    std::sort(sorted.begin(), sorted.end());
    text += fmt::format(" ({:.1f} s, longest {:.1f} s)",
                        static_cast<double>(sorted[(sorted.size() - 1) / 2].count()) / 1000,
                        static_cast<double>(sorted.back().count()) / 1000);
  }
  return text;
}

}  // namespace loom::testing
