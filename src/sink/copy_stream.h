#pragma once

#include "sink/connection.h"
#include "sink/script.h"

namespace loom::sink {

/// Sends COPY data in slices of about 32 KiB; ending the COPY is the caller's. Whole slices are sent from where they
/// lie; what is less is gathered first. Failures show in the connection's next result.
void send_copy(Connection& connection, const CopyData& data);

}  // namespace loom::sink
