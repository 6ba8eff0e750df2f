#pragma once

#include "encode/row_set.h"
#include "mapping/plan.h"

namespace loom::fuzz {

/// Whether every row is one that PostgreSQL would read back: the number of fields, their lengths, what each type's
/// form allows, UTF-8 without NUL in every text.
/// Fails: throws Broken.
void check_rows(const mapping::TopicPlan& plan, const encode::RowSets& rows);

}  // namespace loom::fuzz
