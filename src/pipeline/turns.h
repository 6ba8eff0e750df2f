#pragma once

#include <cstddef>
#include <cstdint>

#include "base/clock.h"

namespace loom::pipeline {

/// What share of a full turn a partition gets with this backlog, where the longest one of its topic is `longest`: so
/// that the partitions of a topic come to their ends together. One that is left alone at the end can be worked on by
/// one worker only, and the others have nothing to do. Without much of a backlog all turns are full ones
/// (docs/decisions/0009-turns-by-backlog.md). Pure.
double turn_share(std::int64_t backlog, std::int64_t longest);

/// How often all partitions are looked at, to share turns, to balance and to show them: ten times a second, and once a
/// second where they are many, so that thousands of idle ones cost nearly nothing. Pure.
Duration look_every(std::size_t partitions);

}  // namespace loom::pipeline
