#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "decode/wanted_paths.h"

namespace loom::decode {

/// A mapping::PathTree laid out for matching the keys of messages as they come by.
/// Messages of a topic repeat their order of fields, so each node remembers which child followed which: the first
/// comparison is nearly always the right one.
/// Threads: one at a time (it learns while matching).
class PathIndex {
 public:
  static constexpr int kNone = -1;

  struct Node {
    std::int16_t slot = kNone;
    std::int16_t array = kNone;
    bool leaf = false;              ///< a slot and nothing else: nothing below, no array mapping
    bool wants_elements = false;    ///< the slot's column stores an array: a list's elements are wanted one by one
    bool inner = false;             ///< something below it is wanted
    bool opens_lists = false;       ///< a list here is looked into
    std::uint16_t first_child = 0;  ///< children stand side by side in nodes()
    std::uint16_t children = 0;     ///< by name
    std::uint16_t follows = 0;      ///< the sibling (counted from its parent's first child) that came next last time
    std::uint16_t first_guess = 0;  ///< the child that came first last time
    std::uint64_t key_marks = 0;    ///< marks of all children's keys: a key whose mark is missing is no child's
    std::uint64_t seen_in = 0;      ///< the last scope in which this node had a value
    std::string key;
  };

  /// The elements that are wanted of a list. Apart from the nodes, since few mappings have any: a node of 64 bytes is
  /// found by a shift.
  struct Elements {
    // They stand side by side, those counted from the front before those from the end, each in the order in which they
    // come by.
    std::uint16_t first = 0;
    std::uint16_t count = 0;
    std::uint16_t from_front = 0;
  };

  explicit PathIndex(const WantedPaths& wanted);

  [[nodiscard]] std::uint16_t slots() const { return slots_; }
  [[nodiscard]] Node& node(std::size_t index) { return nodes_[index]; }
  [[nodiscard]] Elements elements_of(const Node& node) const {
    return elements_.empty() ? Elements{} : elements_[static_cast<std::size_t>(&node - nodes_.data())];
  }
  /// Of a node that stands for an element: its place, negative from the list's end.
  [[nodiscard]] std::int32_t place(std::size_t index) const { return places_[index]; }

  /// The child of `parent` with this key (unescaped), or kNone. `guess` is the place of the last guess and is moved
  /// on; it starts as &parent.first_guess.
  int match(Node& parent, std::string_view key, std::uint16_t*& guess) {
    Node& guessed = nodes_[parent.first_child + *guess];
    if (same(guessed.key, key)) {
      guess = &guessed.follows;
      return static_cast<int>(&guessed - nodes_.data());
    }
    if ((parent.key_marks & mark(key)) == 0) return kNone;
    return search(parent, key, guess);
  }

 private:
  /// By length and last character: what tells the keys of one object apart most often.
  static std::uint64_t mark(std::string_view key) {
    const unsigned last = key.empty() ? 0U : static_cast<unsigned char>(key.back());
    return std::uint64_t{1} << ((static_cast<unsigned>(key.size()) * 7U + last) % 64U);
  }
  static bool same(std::string_view a, std::string_view b);
  int search(Node& parent, std::string_view key, std::uint16_t*& guess);

  std::vector<Node> nodes_;
  std::vector<Elements> elements_;    ///< by node, or none at all
  std::vector<std::int32_t> places_;  ///< likewise
  std::uint16_t slots_;
};

static_assert(sizeof(PathIndex::Node) == 64);

inline bool PathIndex::same(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  // Keys are short; a call to memcmp for each would cost more than what it compares.
  const char* p = a.data();
  const char* q = b.data();
  std::size_t left = a.size();
  std::uint64_t x = 0;
  std::uint64_t y = 0;
  if (left >= 8) {
    for (; left > 8; left -= 8, p += 8, q += 8) {
      __builtin_memcpy(&x, p, 8);
      __builtin_memcpy(&y, q, 8);
      if (x != y) return false;
    }
    __builtin_memcpy(&x, p + left - 8, 8);
    __builtin_memcpy(&y, q + left - 8, 8);
    return x == y;
  }
  if (left >= 4) {
    std::uint32_t u = 0;
    std::uint32_t v = 0;
    __builtin_memcpy(&u, p, 4);
    __builtin_memcpy(&v, q, 4);
    if (u != v) return false;
    __builtin_memcpy(&u, p + left - 4, 4);
    __builtin_memcpy(&v, q + left - 4, 4);
    return u == v;
  }
  for (std::size_t i = 0; i < left; ++i) {
    if (p[i] != q[i]) return false;
  }
  return true;
}

}  // namespace loom::decode
