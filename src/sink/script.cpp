#include "sink/script.h"

#include <optional>
#include <utility>

#include "sink/copy_stream.h"
#include "sink/statements.h"

namespace loom::sink {
namespace {

// Binary COPY does not check types: what is sent must be what the columns are now.
std::string difference(const mapping::TablePlan& table, const Result& described) {
  if (static_cast<std::size_t>(described.columns()) != table.columns.size()) {
    return "table " + table.name.display() + " has other columns than its plan";
  }
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    const auto& column = table.columns[i].info;
    const std::uint32_t now = described.column_type(static_cast<int>(i));
    if (now == column.type_oid) continue;
    return "column " + column.name + " of table " + table.name.display() + " was " + column.type_name + " (type " +
           std::to_string(column.type_oid) + ") and is now of type " + std::to_string(now);
  }
  return {};
}

std::int64_t rows_of(const Result& result) {
  return result.kind() == Result::Kind::tuples ? result.rows() : result.affected();
}

}  // namespace

std::size_t Script::add(std::string_view sql, Step step) {
  if (!sql_.empty()) sql_ += ";\n";
  sql_ += sql;
  steps_.push_back(std::move(step));
  return steps_.size() - 1;
}

std::size_t Script::command(std::string_view sql) { return add(sql, {.data = {}}); }
std::size_t Script::query(std::string_view sql) { return add(sql, {.data = {}, .is_query = true}); }
std::size_t Script::check(const mapping::TablePlan& table) {
  return add(statements::describe(table), {.checked = &table, .data = {}});
}
std::size_t Script::copy(const std::string& sql, CopyData data, Failpoint point) {
  return last_copy_ = add(sql, {.data = std::move(data), .point = point});
}

class Script::Last {
 public:
  Last(const Script& script, Failpoints& points, Ends ends) : failpoints(points) {
    if (ends == Ends::with_commit) step_ = script.last_copy_;
  }

  template <typename Send>
  void around(std::size_t step, const Send& send) {
    if (step == step_) failpoints.reach(Failpoint::before_commit);
    send();
    if (step == step_) failpoints.reach(Failpoint::commit_sent);
  }

  Failpoints& failpoints;

 private:
  std::optional<std::size_t> step_;  // kNone: there is no COPY, and the query string itself is what is sent last
};

Result Script::run_copy(Connection& connection, std::size_t index, bool refuse, Last& last) const {
  const Step& step = steps_[index];
  if (refuse) {
    connection.end_copy("the table is not what the plan says");
  } else {
    send_copy(connection, step.data);
    last.failpoints.reach(step.point);
    last.around(index, [&] { connection.end_copy(); });
  }
  return connection.next();
}

Script::Ran Script::run(Connection& connection, Failpoints& failpoints, Ends ends) const {
  Ran ran;
  ran.affected.reserve(steps_.size());
  const auto end = [&](Ran::End how, DatabaseError error) {
    connection.drain();
    ran.end = connection.lost() ? Ran::End::lost : how;
    ran.error = std::move(error);
    ran.step = ran.affected.size();
    return std::move(ran);
  };

  std::string differs;
  Last last(*this, failpoints, ends);
  last.around(kNone, [&] { ran.sent = connection.send(sql_); });
  for (const Step& step : steps_) {
    Result result = connection.next();
    if (result.kind() == Result::Kind::copy_in) {
      result = run_copy(connection, ran.affected.size(), !differs.empty(), last);
    }
    if (!differs.empty() && result.kind() == Result::Kind::error && !connection.lost()) break;
    if (result.kind() == Result::Kind::error) return end(Ran::End::failed, result.error());
    if (result.kind() == Result::Kind::none) {
      return end(Ran::End::failed, {"", "the server gave fewer results than statements", "", "", "", ""});
    }
    if (step.checked != nullptr && differs.empty()) differs = difference(*step.checked, result);
    ran.affected.push_back(rows_of(result));
    if (step.is_query) ran.answers.push_back(std::move(result));
  }
  if (!differs.empty()) return end(Ran::End::table_differs, {"", differs, "", "", "", ""});
  const TimePoint answered = std::chrono::steady_clock::now();
  const Result rest = connection.next();
  ran.commit = std::chrono::steady_clock::now() - answered;
  if (rest.kind() != Result::Kind::none) return end(Ran::End::failed, rest.error());
  return ran;
}

}  // namespace loom::sink
