#pragma once

#include <vector>

#include "app/reload.h"
#include "http/server.h"
#include "status/observer.h"

namespace loom::app {

/// The HTTP API: docs/http.md. Both must outlive the server.
std::vector<http::Route> http_routes(const status::Observer& observer, Reloader& reloader);

}  // namespace loom::app
