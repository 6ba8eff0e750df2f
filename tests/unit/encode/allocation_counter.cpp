#include "allocation_counter.h"

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>

namespace {
std::atomic<long> counted{0};
}

// The linker's --wrap=malloc and --wrap=realloc send calls to these.
extern "C" {
void* __real_malloc(std::size_t size);                 // NOLINT(bugprone-reserved-identifier)
void* __real_realloc(void* memory, std::size_t size);  // NOLINT(bugprone-reserved-identifier)
void* __wrap_malloc(std::size_t size);                 // NOLINT(bugprone-reserved-identifier)
void* __wrap_realloc(void* memory, std::size_t size);  // NOLINT(bugprone-reserved-identifier)

void* __wrap_malloc(std::size_t size) {  // NOLINT(bugprone-reserved-identifier)
  ++counted;
  return __real_malloc(size);
}
void* __wrap_realloc(void* memory, std::size_t size) {  // NOLINT(bugprone-reserved-identifier)
  ++counted;
  return __real_realloc(memory, size);
}
}

void* operator new(std::size_t size) {
  if (void* const made = std::malloc(size == 0 ? 1 : size)) return made;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace loom::testing {

long allocations() { return counted; }

}  // namespace loom::testing
