#pragma once

#include "pipeline/lane.h"

namespace loom::pipeline {

/// Sets each partition's share of a full turn: by its backlog, so that those of a topic come to their ends together.
/// One that is left alone at the end can be worked on by one worker only, and the others have nothing to do. Without
/// much of a backlog all turns are full ones (docs/decisions/0009-turns-by-backlog.md). Threads: the lane's worker.
void share_turns(const Lane& lane);

}  // namespace loom::pipeline
