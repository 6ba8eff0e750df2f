#pragma once

#include <loom/kafka/consumer.h>

#include <ostream>

namespace loom::kafka {

// For GoogleTest: positions compared and shown.
inline bool operator==(const Position& a, const Position& b) {
  return a.topic == b.topic && a.partition == b.partition && a.offset == b.offset;
}
inline void PrintTo(const Position& at, std::ostream* out) {
  *out << at.topic << '/' << at.partition << '@' << at.offset;
}

}  // namespace loom::kafka
