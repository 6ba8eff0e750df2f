#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "check.h"
#include "decode/json/message_form.h"
#include "decode/json/structural_index.h"
#include "encode/row_builder.h"
#include "json_oracle.h"
#include "plan_builder.h"
#include "row_check.h"
#include "targets.h"

namespace loom::fuzz {
namespace {

using mapping::ColumnType;
using mapping::NulPolicy;
using mapping::Transform;
using mapping::ValueType;
using testing::PlanBuilder;

// Field names of one letter, so that the fuzzer meets them soon.
void own_table(PlanBuilder& plan) {
  plan.column("boolean", ColumnType::boolean, {"b"})
      .column("int2", ColumnType::int2, {"i", "k"})
      .column("int4", ColumnType::int4, {"i"})
      .column("int8", ColumnType::int8, {"k"})
      .column("float4", ColumnType::float4, {"f"})
      .column("float8", ColumnType::float8, {"f"})
      .column("numeric", ColumnType::numeric, {"n"})
      .column("timestamptz", ColumnType::timestamptz, {"t"})
      .column("timestamp", ColumnType::timestamp, {"t"})
      .column("date", ColumnType::date, {"t"})
      .column("time", ColumnType::time, {"m"})
      .column("uuid", ColumnType::uuid, {"u"})
      .column("bytea", ColumnType::bytea, {"s"})
      .column("decoded", ColumnType::bytea, {"y"})
      .transform(Transform::base64_decode)
      .column("decoded_text", ColumnType::text, {"z"})
      .transform(Transform::base64_decode)
      .column("json", ColumnType::json, {"j"})
      .column("jsonb", ColumnType::jsonb, {"j", "s"})
      .column("inet", ColumnType::inet, {"a"})
      .column("cidr", ColumnType::cidr, {"c"})
      .column("mood", ColumnType::enumeration, {"s"})
      .column("text", ColumnType::text, {"s", "o"})
      .column("printed", ColumnType::text, {"x"})
      .as(ValueType::integer)
      .column("list_as_json", ColumnType::jsonb, {"l"})
      .as(ValueType::array)
      .column("inner", ColumnType::jsonb, {"o.x", "o.y.z", "o"})
      .array_of(ColumnType::int8, "integers", "l")
      .array_of(ColumnType::text, "texts", "w")
      .array_of(ColumnType::float8, "vector", "v", ValueType::float_array)
      .array_of(ColumnType::timestamptz, "instants", "h")
      .array_of(ColumnType::jsonb, "documents", "q")
      .column("key", ColumnType::text, {"$key"})
      .column("raw", ColumnType::bytea, {"$value"})
      .column("whole", ColumnType::jsonb, {"$value"})
      .column("place", ColumnType::int8, {"$offset"})
      .column("at", ColumnType::timestamptz, {"$timestamp"})
      .column("first", ColumnType::text, {"l[0]"})
      .column("last", ColumnType::int4, {"l[-1]"})
      .column("deep", ColumnType::text, {"g[-1].n[1]", "g[0].\"a.b\"", "\"a.b\""})
      .array_of(ColumnType::text, "inner_list", "g[1].n")
      .column("of_key", ColumnType::text, {"$key.k", "$key.l[-1]"})
      .explode("g")
      .column("in_row", ColumnType::int4, {"[0].n"})
      .column("in_row_at", ColumnType::int4, {"[0]#"});
}

void child_table(PlanBuilder& plan) {
  plan.child_table("child")
      .explode("e")
      .column("word", ColumnType::text, {"[1].w", "[1]"})
      .column("score", ColumnType::float8, {"[1].o.s"})
      .column("number", ColumnType::int8, {"[1].n"})
      .defaults_to("7")
      .column("index", ColumnType::int4, {"[1]#"})
      .array_of(ColumnType::float4, "box", "[1].v")
      .column("in_element", ColumnType::text, {"[1].v[-2].w", "[1][0]"})
      .column("of_parent", ColumnType::text, {"s"});
}

/// A list in an element of a list that is mapped itself.
void grandchild_table(PlanBuilder& plan) {
  plan.child_table("grandchild").explode("e[0].v").column("word", ColumnType::text, {"[2].w", "[2]"});
}

class Case {
 public:
  Case(bool binary, NulPolicy nul) : plan_(make(binary, nul)), builder_(plan_, "fuzz", clock_) {}

  std::optional<Reject> run(const Message& message) {
    rows_.clear();
    // A message before it: what is rejected has to leave it alone.
    check(!builder_.append(testing::message_of(R"({"i":1,"e":["a"]})"), 0, rows_), "a good message was refused");
    const std::size_t before = rows_.rows();
    auto reject = builder_.append(message, 1, rows_);
    if (reject) {
      check(rows_.rows() == before, "a rejected message left rows");
      check(!reject->message.empty() && decode::is_utf8(reject->message), "a reject without words");
    } else {
      check(rows_.rows() > before, "an accepted message without a row");
    }
    check_rows(*plan_, rows_);
    return reject;
  }
  [[nodiscard]] std::size_t rows() const { return rows_.rows(); }

 private:
  static std::shared_ptr<const mapping::TopicPlan> make(bool binary, NulPolicy nul) {
    PlanBuilder plan(binary);
    plan.nul(nul);
    own_table(plan);
    child_table(plan);
    grandchild_table(plan);
    return plan.build();
  }

  testing::FixedClock clock_;
  std::shared_ptr<const mapping::TopicPlan> plan_;
  encode::RowBuilder builder_;
  encode::RowSets rows_;
};

/// Messages that are lists themselves.
class ListCase {
 public:
  void run(const Message& message) {
    rows_.clear();
    const auto reject = builder_.append(message, 0, rows_);
    check(reject.has_value() == (rows_.rows() == 0), "rows and a reject, or neither");
    check(!reject || reject->reason != RejectReason::not_an_object, "a list was asked for");
    check_rows(*plan_, rows_);
  }

 private:
  static std::shared_ptr<const mapping::TopicPlan> make() {
    PlanBuilder plan(true);
    plan.plan().absent_values = {"\"N/A\"", "-1", "false"};
    plan.explode("$value")
        .column("n", ColumnType::int8, {"[0].n"})
        .column("s", ColumnType::text, {"[0].s", "[0]", "[0][-1]"})
        .column("raw", ColumnType::jsonb, {"$value"})
        .column("of_key", ColumnType::text, {"$key.k"});
    return plan.build();
  }

  testing::FixedClock clock_;
  std::shared_ptr<const mapping::TopicPlan> plan_ = make();
  encode::RowBuilder builder_{plan_, "fuzz", clock_};
  encode::RowSets rows_;
};

void compare_with_oracle(std::string_view bytes, const std::optional<Reject>& reject) {
  if (bytes.empty())
    return check(reject && reject->reason == RejectReason::tombstone, "an empty value is no tombstone");
  // What the key has wrong, the oracle does not see.
  if (reject && reject->message.starts_with("the key ")) return;
  const std::string_view json = decode::json_part(bytes).text;
  if (json.starts_with("\xEF\xBB\xBF")) return;  // a second mark: simdjson passes it over
  const Verdict verdict = json_oracle(json);
  const bool too_deep = reject && reject->message.find("nested deeper") != std::string::npos;
  if (verdict == Verdict::undecided || too_deep) return;
  const bool invalid = reject && reject->reason == RejectReason::invalid_json;
  const bool no_object = reject && reject->reason == RejectReason::not_an_object;
  check(invalid == (verdict == Verdict::refused), "simdjson's document parser thinks otherwise",
        reject ? reject->message : "accepted");
  check(no_object == (verdict == Verdict::accepted), "simdjson's document parser sees another root",
        reject ? reject->message : "accepted");
}

}  // namespace

void json_decoder(std::string_view bytes) {
  static Case binary(true, NulPolicy::reject);
  static Case text(false, NulPolicy::reject);
  static Case binary_stripped(true, NulPolicy::strip);
  static Case text_replaced(false, NulPolicy::replace);

  // A copy of the exact size, so that the sanitizer sees a read beyond it.
  const std::vector<char> exact(bytes.begin(), bytes.end());
  Message message = testing::message_of({exact.data(), exact.size()});
  message.has_key = bytes.size() % 2 != 0;
  message.key = message.value.substr(0, message.value.find(' '));
  // Most keys are JSON, or nobody would get past them.
  if (bytes.size() % 4 == 1) message.key = R"({"k":"a","l":[1,"b"]})";
  if (bytes.size() % 4 == 3 && bytes.size() % 3 != 0) message.has_key = false;
  message.offset = static_cast<std::int64_t>(bytes.size());
  message.timestamp_ms = 1'700'000'000'000;

  const auto reject = binary.run(message);
  const auto as_text = text.run(message);
  check(reject.has_value() == as_text.has_value(), "binary and text COPY disagree about a message",
        reject    ? reject->message
        : as_text ? as_text->message
                  : "");
  static ListCase list;
  list.run(message);
  check(!reject || reject->reason == as_text->reason, "binary and text COPY refuse for different reasons");
  check(binary.rows() == text.rows(), "binary and text COPY make different numbers of rows");
  compare_with_oracle(bytes, reject);

  const auto stripped = binary_stripped.run(message);
  const auto replaced = text_replaced.run(message);
  check(stripped.has_value() == replaced.has_value(), "NUL policies disagree about a message");
}

}  // namespace loom::fuzz
