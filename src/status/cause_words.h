#pragma once

#include <string_view>

#include "batch/cause.h"

namespace loom::status {

/// What people are told of a cause: the words of the page, of /status and of docs/operations.md, where a test compares
/// them.
struct CauseWords {
  std::string_view title;
  std::string_view what_to_do;
};
CauseWords words_of(batch::Cause cause);

}  // namespace loom::status
