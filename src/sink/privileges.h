#pragma once

#include <string>

#include "sink/attempt.h"

namespace loom::sink {

/// After an error that lacks_a_privilege(), which names the table and not what is missing: what the batch's tables ask
/// of this role and it does not have, as `; role "loom_service" lacks INSERT on "t"`. Empty when nothing is found.
/// Blocks: for one query.
std::string missing_privileges(const Job& job);

}  // namespace loom::sink
