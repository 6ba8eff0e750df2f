#pragma once

#include <string_view>

namespace loom::http {

/// The live status page: HTML, CSS and script in one document without any other request than to this server's JSON.
std::string_view status_page();

}  // namespace loom::http
