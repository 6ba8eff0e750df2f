#pragma once

#include <gtest/gtest.h>

#include <cstddef>

#include "plan_builder.h"

namespace loom::testing {

/// A plan of one column `v`, fed by the field of its name.
inline PlanBuilder column(mapping::ColumnType type, bool binary = true) {
  PlanBuilder plan(binary);
  plan.column("v", type, {"v"});
  return plan;
}

struct Case {
  const char* json;
  const char* field;
};

/// Text COPY shows what is stored in a form that can be read; the binary form is checked against it elsewhere.
template <std::size_t N>
void expect_text(const PlanBuilder& plan, const Case (&cases)[N]) {
  for (const Case& c : cases) EXPECT_EQ(Rows::field(plan, c.json), c.field) << c.json;
}

}  // namespace loom::testing
