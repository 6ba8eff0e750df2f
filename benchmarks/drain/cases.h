#pragma once

#include "options.h"

namespace loom::bench {

/// One case of the matrix that benchmarks/run.sh measures: either one backlog, its Kafka drain without work, its
/// ceiling, and a drain of it by each variant; or one steady load. Writes the figures to the options' results as JSON.
/// A variant that fails is in there with what was wrong, and the others go on.
/// Blocks: while it measures.  Fails: std::runtime_error, when nothing can be measured.
void run_case(const Options& options);

/// `NAME;replicas=2;LOOM_KAFKA_BATCH_MAX=200`: all but the name may be left out.
/// Fails: std::runtime_error, when it is not that.
Variant parse_variant(const std::string& text);

}  // namespace loom::bench
