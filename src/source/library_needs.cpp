#include "source/library_needs.h"

#include <librdkafka/rdkafka.h>

namespace loom::source {

LibraryNeeds library_needs() { return needs_of(rd_kafka_version()); }

}  // namespace loom::source
