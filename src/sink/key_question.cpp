#include "sink/key_question.h"

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "base/byte_buffer.h"
#include "encode/binary_field.h"
#include "sink/copy_context.h"
#include "sink/row_places.h"
#include "sink/statements.h"

namespace loom::sink {
namespace {

/// Keys on their way to the server, each with the number of its place: those of one list of columns.
struct KeyRows {
  ByteBuffer bytes;
  std::vector<std::uint32_t> messages;  // by line of the COPY
  std::size_t copy = 0;                 // its step
};

/// The keys of one table.
struct Question {
  std::uint16_t table = 0;
  std::size_t places = 0;
  std::size_t rows = 0;
  std::map<encode::ColumnBits, KeyRows> by_omitted;
};

void append_row(const mapping::TablePlan& table, const std::vector<std::string_view>& key, std::size_t place,
                ByteBuffer& out) {
  const auto number = static_cast<std::uint32_t>(place);
  if (table.binary) {
    out.append_be16(static_cast<std::uint16_t>(key.size() + 1));
    for (const std::string_view value : key) {
      if (value.data() == nullptr) {
        encode::append_binary_null(out);
      } else {
        encode::append_binary_field(value, out);
      }
    }
    out.append_be32(sizeof number);
    out.append_be32(number);
    return;
  }
  for (const std::string_view value : key) {
    out.append(value.data() == nullptr ? std::string_view("\\N") : value);
    out.append('\t');
  }
  out.append(std::string_view(std::to_string(number)));
  out.append('\n');
}

/// Whether a default gives a part of the key that is a new one for each row: it has no equal.
bool is_its_own(const mapping::TablePlan& table, const encode::ColumnBits& omitted) {
  return std::any_of(table.key.begin(), table.key.end(), [&](std::uint16_t column) {
    return omitted.test(column) && table.columns[column].info.repeated_default.empty();
  });
}

std::vector<Question> questions_of(const Job& job, MessageRange messages) {
  const mapping::TopicPlan& plan = *job.batch.plan;
  std::vector<Question> questions;
  for (std::size_t i = 0; i < plan.tables.size(); ++i) {
    const mapping::TablePlan& table = plan.tables[i];
    if (table.key.empty() || table.key_rules.bytes_tell) continue;
    Question question{.table = static_cast<std::uint16_t>(i), .by_omitted = {}};
    const auto places = places_of(plan, question.table, job.batch.rows, messages);
    question.places = places.size();
    for (std::size_t place = 0; place < places.size(); ++place) {
      const encode::ColumnBits& omitted = places[place].set->omitted;
      const bool of_parent = places[place].kind == RowPlace::Kind::removal && table.removed_by != table.key;
      if (of_parent || is_its_own(table, omitted)) continue;
      KeyRows& rows = question.by_omitted[omitted];
      append_row(table, key_values(table, places[place]), place, rows.bytes);
      rows.messages.push_back(places[place].message);
      ++question.rows;
    }
    // A row that is alone has no equal.
    if (question.rows > 1) questions.push_back(std::move(question));
  }
  return questions;
}

std::vector<KeyNumbers::Of> numbers_in(const Question& question, const Result& answer) {
  std::vector<KeyNumbers::Of> numbers(question.places);
  for (int row = 0; row < answer.rows(); ++row) {
    // Null: the key has a null in it, and no equal.
    const auto number = [&](int column) { return answer.is_null(row, column) ? 0 : answer.integer(row, column); };
    numbers.at(static_cast<std::size_t>(answer.integer(row, 0))) = {.key = number(1), .list = number(2)};
  }
  return numbers;
}

}  // namespace

NumberedKeys number_keys(const Job& job, MessageRange messages, bool inside) {
  NumberedKeys out;
  auto questions = questions_of(job, messages);
  if (questions.empty()) return out;
  const mapping::TopicPlan& plan = *job.batch.plan;
  Script script;
  if (!inside) {
    for (const auto& setting : statements::settings(job.settings, job.connection.server_version())) {
      script.command(setting);
    }
    for (const Question& question : questions) script.check(plan.tables[question.table]);
  }
  for (Question& question : questions) {
    const mapping::TablePlan& table = plan.tables[question.table];
    const mapping::SurplusPlan* const surplus = surplus_of(plan, question.table);
    const std::string stage = statements::key_stage_name(question.table);
    for (const auto& statement : statements::create_key_stage(table, stage)) script.command(statement);
    for (auto& [omitted, rows] : question.by_omitted) {
      rows.copy = script.copy(statements::copy_keys(table, stage, omitted), {table.binary, {rows.bytes.view()}});
    }
    script.query(statements::number_keys(
        table, stage, surplus == nullptr ? std::nullopt : std::optional<std::size_t>(surplus->sequence)));
    script.command("DROP TABLE " + stage);
    out.tables.insert(question.table);
  }
  const Script::Ran ran = script.run(job.connection, job.failpoints, Script::Ends::in_transaction);
  if (ran.end == Script::Ran::End::done) {
    for (std::size_t i = 0; i < questions.size(); ++i) {
      out.numbers.by_table[questions[i].table] = numbers_in(questions[i], ran.answers.at(i));
    }
    return out;
  }
  out.failure = uncommitted(ran);
  for (const Question& question : questions) {
    for (const auto& [omitted, rows] : question.by_omitted) {
      if (ran.step != rows.copy) continue;
      out.tables = {question.table};
      const auto line = line_of(ran.error, statements::key_stage_relation(question.table));
      if (line && *line <= rows.messages.size()) out.message = rows.messages[*line - 1];
    }
  }
  return out;
}

}  // namespace loom::sink
