#pragma once

#include <string>

#include "infer/draft.h"

namespace loom::infer {

/// The draft as a mapping file, with a comment at each line that a person should look at.
std::string to_yaml(const MappingDraft& draft);

}  // namespace loom::infer
