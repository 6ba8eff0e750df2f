#pragma once

namespace loom::testing {

/// How often memory was asked for so far: operator new, and malloc and realloc by the code that is linked statically.
/// A program that links this counts from its start.
/// Threads: any.
long allocations();

}  // namespace loom::testing
