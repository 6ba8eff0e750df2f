#pragma once

#include <vector>

#include "mapping/plan.h"
#include "mapping/required_paths.h"

namespace loom::decode {

/// What is wanted of the value in a slot, beside the value itself if it is a scalar.
struct Wish {
  bool elements = false;  ///< a list's elements one by one; lists and objects among them with their JSON text, and
                          ///< where there may be lists among them also the JSON text of the whole
  bool json = false;      ///< the JSON text of a list or an object. Of JSON itself it is there in any case.
};

/// Paths wanted of one scope, and what is wanted of the values in their slots.
struct WantedPaths {
  mapping::PathTree tree{};
  std::vector<Wish> wishes{};  ///< by slot; may be shorter: none of either
};

/// All that is wanted of one message, or of one key.
struct Wanted {
  WantedPaths message{};
  std::vector<WantedPaths> elements{};  ///< by array mapping: the paths inside one element
  std::size_t extra_slots = 0;          ///< behind the message's own, for the caller to fill
  /// What a message's schema has to have: one that lacks it is refused as a whole.
  std::vector<mapping::RequiredPaths> required{};
  bool root = false;  ///< Values::root is wanted; with its JSON text where it is no scalar
};

}  // namespace loom::decode
