#pragma once

#include <initializer_list>
#include <map>
#include <string>
#include <vector>

#include "mapping/catalog.h"
#include "mapping/compile.h"
#include "mapping/loader.h"
#include "mapping/plan.h"

namespace loom::mapping::testing {

/// Problems as `line severity key: message`, for EXPECT_THAT.
std::vector<std::string> shown(const std::vector<Problem>& problems);

/// What loading a text says about it, as shown() has it.
std::vector<std::string> problems_of(const std::string& yaml);

/// Loads a text that must have no error; warnings are allowed.
MappingFile loaded(const std::string& yaml);

/// The only topic of a text that must load.
TopicMapping topic_of(const std::string& yaml);

/// A topic `t` with table `t`, and these lines below its `table`; each is indented by four blanks.
std::string topic_yaml(const std::string& lines);

/// Tables made by hand.
class FakeCatalog final : public Catalog {
 public:
  /// The columns are `name type`, with `!` behind for NOT NULL, `=` for a constant default, `=now()` for a computed
  /// one and `generated`: "id int8 ! =now()".
  FakeCatalog& table(const std::string& name, std::initializer_list<const char*> columns,
                     std::vector<std::vector<std::string>> unique = {});

  [[nodiscard]] const TableInfo* find(const TableName& name) const override;

 private:
  std::map<TableName, TableInfo> tables_;
};

/// The plan of a topic that must compile.
TopicPlan compiled(const std::string& yaml, const Catalog& catalog);

/// What compile() says about it.
std::vector<std::string> compile_problems(const std::string& yaml, const Catalog& catalog);

const PlanColumn& column(const TablePlan& table, const std::string& name);
bool has_column(const TablePlan& table, const std::string& name);

/// The sources of a column as paths: `data.x`, `[0].word` in an element, `[0]#` for its index, `[0]` for itself,
/// `$key`.
std::vector<std::string> sources(const TopicPlan& plan, const std::vector<ColumnSource>& of);

/// The names of the key's columns.
std::vector<std::string> key(const TablePlan& table);

}  // namespace loom::mapping::testing
