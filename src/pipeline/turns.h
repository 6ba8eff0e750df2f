#pragma once

#include <cstdint>

namespace loom::pipeline {

/// What share of a full turn a partition gets with this backlog, where the longest one of its topic is `longest`: so
/// that the partitions of a topic come to their ends together. One that is left alone at the end can be worked on by
/// one worker only, and the others have nothing to do. Without much of a backlog all turns are full ones
/// (docs/decisions/0009-turns-by-backlog.md). Pure.
double turn_share(std::int64_t backlog, std::int64_t longest);

}  // namespace loom::pipeline
