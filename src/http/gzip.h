#pragma once

#include <string>
#include <string_view>

namespace loom::http {

/// The bytes in gzip's format. Fails: std::bad_alloc.
std::string gzipped(std::string_view bytes);

}  // namespace loom::http
