#pragma once

#include <string_view>
#include <vector>

#include "formats/protobuf_source.h"

namespace loom::formats {

/// Looks up every name in the files and makes one schema of them. `main`: the index of the file whose messages are
/// `top`. `missing`: files that are imported and not there; only a name that is not found makes them a problem.
ParsedProtobufSchema link_protobuf(const std::vector<SourceFile>& files, std::size_t main,
                                   const std::vector<std::string>& missing);

}  // namespace loom::formats
