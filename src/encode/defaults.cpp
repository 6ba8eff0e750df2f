#include "encode/row_builder.h"
#include "encode/row_plan.h"

namespace loom::encode {

std::vector<mapping::Problem> check_defaults(const mapping::TopicPlan& plan, const std::string& file) {
  std::vector<mapping::Problem> problems;
  for (const auto& table : plan.tables) {
    for (const auto& column : table.columns) {
      if (!column.default_json) continue;
      const DefaultField encoded = encode_default(column, ColumnCodec(column, table.binary), plan.nul);
      if (!encoded.reject) continue;
      mapping::Problem problem;
      problem.file = file;
      problem.topic = plan.mapping;
      problem.key = "defaults." + column.info.name;
      problem.message = encoded.reject->message;
      problems.push_back(std::move(problem));
    }
  }
  return problems;
}

}  // namespace loom::encode
