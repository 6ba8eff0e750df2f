#include "sink/sqlstate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

namespace loom::sink {
namespace {

using batch::OutcomeKind;
using ::testing::ElementsAreArray;
using Blames = SqlstateRule::Blames;
using Only = SqlstateRule::Only;

DatabaseError error(const std::string& sqlstate, const std::string& context = "", const std::string& constraint = "") {
  return {sqlstate, "message", "", context, constraint, ""};
}

/// The whole answer of the table to one code, as a line that a failed test can show.
std::string answer(const std::string& outcome, const std::string& more) { return outcome + more; }
std::string answer(const DatabaseError& failure) {
  std::string more;
  if (leaves_in_doubt(failure)) more += " in_doubt";
  if (blames_a_row(failure, false)) more += " row";
  if (blames_a_row(failure, true) != blames_a_row(failure, false)) more += " row_when_merged";
  if (asks_for_evidence(failure, false)) more += wants_a_neighbour(failure) ? " neighbour" : " evidence";
  if (is_missing_partition(failure)) more += " row_as_mapped";
  if (too_large(failure) == batch::TooLarge::perhaps) more += " fewer_when_repeated";
  if (too_large(failure) == batch::TooLarge::surely) more += " fewer";
  if (not_set_up(failure)) more += " not_set_up";
  return answer(std::string(to_string(outcome_of(failure))), more);
}

struct Line {
  std::string code;
  std::string answer;
  std::string says;
  Only only = Only::always;
};

/// The table once more: a line that is added, changed or moved there has to be so here, too.
const std::vector<Line>& expected() {
  static const std::vector<Line> lines{
      {"KO001", "stale", "the stored offsets are not those that the batch believes in"},
      {"KO002", "stale", "a replay's dead letters are gone, or another replay has them"},
      {"08007", "retry in_doubt", "it is not known how the transaction ended"},
      {"08P01", "catalog_changed evidence", "protocol violation", Only::inside_copy},
      {"08P01", "stop_topic", "protocol violation"},
      {"08", "retry", "the connection failed"},
      {"HV00N", "retry", "a foreign table's server does not answer"},
      {"40003", "retry in_doubt", "it is not known how the statement ended"},
      {"40001", "retry", "serialization failure"},
      {"40P01", "retry", "deadlock"},
      {"53200", "retry fewer_when_repeated", "no memory left"},
      {"53400", "retry fewer", "a limit of a setting was passed"},
      {"53100", "retry", "the disk is full"},
      {"53300", "retry", "no connection left"},
      {"53", "retry", "a resource of the server is used up"},
      {"55P03", "retry", "a lock was held for longer than the lock timeout"},
      {"57014", "retry fewer_when_repeated", "the statement was cancelled, by our statement timeout mostly"},
      {"57", "retry", "an operator stopped the server or ended the session"},
      {"58", "retry", "the server's system failed: a file or a disk"},
      {"25006", "retry", "the server is read-only: a failover is under way"},
      {"25P04", "retry fewer", "the transaction took too long"},
      {"25P03", "retry", "the transaction was idle for too long"},
      {"XX001", "stop_topic", "the table is damaged"},
      {"XX002", "stop_topic", "an index is damaged"},
      {"22P03", "catalog_changed evidence", "binary data that do not fit the column's type"},
      {"22P04", "catalog_changed evidence", "COPY data that do not fit the table"},
      {"42P01", "catalog_changed neighbour not_set_up", "no such table"},
      {"42703", "catalog_changed neighbour not_set_up", "no such column"},
      {"42883", "catalog_changed neighbour not_set_up", "no such function"},
      {"42501", "catalog_changed neighbour not_set_up", "a privilege is missing"},
      {"42", "catalog_changed neighbour", "the statement does not fit the database"},
      {"3F000", "stop_topic neighbour not_set_up", "no such schema"},
      {"55", "stop_topic neighbour", "something is not in the state that was expected"},
      {"HV", "stop_topic neighbour", "a foreign table's wrapper failed"},
      {"21000", "stop_topic row_when_merged evidence", "one INSERT met the same row twice"},
      {"23505", "stop_topic row", "a row met another one in a unique index"},
      {"23514", "stop_topic row_as_mapped", "the table has no partition for the row", Only::without_constraint},
      {"2200H", "stop_topic", "a sequence is used up"},
      {"22", "stop_topic row", "a value that its column does not take"},
      {"23", "stop_topic row", "a constraint does not allow the row"},
      {"54000", "stop_topic row", "a limit of the server: a value too large for its index"},
      {"54001", "stop_topic row", "a limit of the server: a value nested too deeply"},
      {"P0001", "stop_topic row", "a trigger refused the row"},
      {"XX000", "catalog_changed evidence", "internal error", Only::inside_copy},
      {"", "stop_topic evidence", "any other code"},
  };
  return lines;
}

/// An error for which this line holds; of a class one with a code that has no line of its own.
DatabaseError example_of(const Line& line) {
  if (line.code.empty()) return error("P0002");
  DatabaseError failure = error(line.code.size() == 2 ? line.code + "000" : line.code);
  if (line.only == Only::inside_copy) failure.context = "COPY readings, line 3";
  return failure;
}

TEST(SqlstateTest, EveryLineOfTheTableSaysWhatItMeans) {
  std::vector<std::string> lines;
  std::vector<std::string> wanted;
  for (const SqlstateRule& rule : sqlstate_rules())
    lines.push_back(std::string(rule.code) + ": " + std::string(rule.says));
  for (const Line& line : expected()) wanted.push_back(line.code + ": " + line.says);
  EXPECT_THAT(lines, ElementsAreArray(wanted));
}

TEST(SqlstateTest, DecidesWhatComesNext) {
  for (const Line& line : expected()) EXPECT_EQ(answer(example_of(line)), line.answer) << line.code;
}

TEST(SqlstateTest, WhatStandsInNoLineIsARowsFaultOnlyWithEvidence) {
  for (const char* const code : {"40002", "25P02", "54023", "P0002", "0A000", "XX000", "AB123"}) {
    EXPECT_EQ(answer(error(code)), "stop_topic evidence") << code;
  }
}

TEST(SqlstateTest, AClassCountsForAllOfItsCodes) {
  for (const char* const code : {"08000", "08006", "53100", "53300", "57P01", "57P03", "58030"}) {
    EXPECT_EQ(answer(error(code)), "retry") << code;
  }
  for (const char* const code : {"22P02", "22003", "22021", "23502", "23503", "23P01"}) {
    EXPECT_EQ(answer(error(code)), "stop_topic row") << code;
  }
  EXPECT_EQ(answer(error("42846")), "catalog_changed neighbour");
  EXPECT_EQ(answer(error("55006")), "stop_topic neighbour");
}

TEST(SqlstateTest, AnErrorWithoutACodeIsTheConnectionsAndLeavesInDoubt) {
  EXPECT_EQ(answer(error("")), "retry in_doubt");
}

TEST(SqlstateTest, AProtocolOrInternalErrorInsideCopyAsksForTheCatalog) {
  EXPECT_EQ(outcome_of(error("XX000", "PL/pgSQL function f() line 1\nCOPY readings, line 3")),
            OutcomeKind::catalog_changed);
  EXPECT_EQ(outcome_of(error("XX000", "a remark about COPY readings")), OutcomeKind::stop_topic);
}

TEST(SqlstateTest, ACheckWithoutANameIsAMissingPartitionAndNotTheRowsFault) {
  EXPECT_FALSE(blames_a_row(error("23514"), false));
  EXPECT_TRUE(is_missing_partition(error("23514")));
  EXPECT_TRUE(blames_a_row(error("23514", "", "level_check"), false));
  EXPECT_FALSE(is_missing_partition(error("23514", "", "level_check")));
}

TEST(SqlstateTest, PassesByItselfWhatIsWorthAnotherTry) {
  for (const Line& line : expected()) {
    EXPECT_EQ(passes_by_itself(example_of(line)), line.answer.starts_with("retry")) << line.code;
  }
  EXPECT_FALSE(passes_by_itself(error("55006"))) << "of a migration: it will be in the way the next time, too";
}

TEST(SqlstateTest, NamesTheCauseThatSomebodyHasToMend) {
  using batch::Cause;
  const std::map<std::string, Cause> named{{"KO001", Cause::none},
                                           {"KO002", Cause::none},
                                           {"08007", Cause::away},
                                           {"08", Cause::away},
                                           {"57", Cause::away},
                                           {"53100", Cause::disk_full},
                                           {"25006", Cause::read_only},
                                           {"53300", Cause::too_many_connections},
                                           {"55P03", Cause::locked},
                                           {"42501", Cause::no_privilege},
                                           {"53200", Cause::out_of_memory},
                                           {"57014", Cause::timeout},
                                           {"25P04", Cause::timeout},
                                           {"25P03", Cause::timeout},
                                           {"40001", Cause::conflict},
                                           {"40P01", Cause::conflict},
                                           {"42P01", Cause::schema},
                                           {"42703", Cause::schema},
                                           {"42883", Cause::schema},
                                           {"42", Cause::schema},
                                           {"3F000", Cause::schema},
                                           {"22P03", Cause::schema},
                                           {"22P04", Cause::schema},
                                           {"23514", Cause::schema}};
  for (const Line& line : expected()) {
    const auto found = named.find(line.code);
    EXPECT_EQ(to_string(cause_of(example_of(line))), to_string(found == named.end() ? Cause::other : found->second))
        << line.code;
  }
  EXPECT_EQ(cause_of(error("")), Cause::away) << "the connection broke";
  DatabaseError ended = error("08P01");
  ended.message = "query_wait_timeout";
  EXPECT_EQ(cause_of(ended), Cause::too_many_connections) << "PgBouncer's";
  EXPECT_EQ(cause_of(error("28000")), Cause::other) << "a trigger's: nobody is at the door";
}

TEST(SqlstateTest, ARefusalAtTheDoorIsTheServersOrThePoolersOrLibpqs) {
  using batch::Cause;
  const auto refusal = [](const std::string& sqlstate, const std::string& message) {
    DatabaseError refused = error(sqlstate);
    refused.message = message;
    return cause_of_refusal(refused);
  };
  // In the server's own language only the code tells.
  EXPECT_EQ(refusal("53300", "tut mir leid, schon zu viele Verbindungen"), Cause::too_many_connections);
  EXPECT_EQ(refusal("28P01", "Passwort-Authentifizierung fehlgeschlagen"), Cause::login_refused);
  EXPECT_EQ(refusal("28000", "no pg_hba.conf entry for host"), Cause::login_refused);
  EXPECT_EQ(refusal("3D000", "database \"x\" does not exist"), Cause::login_refused);
  EXPECT_EQ(refusal("42501", "permission denied for database"), Cause::login_refused);
  EXPECT_EQ(refusal("55000", "database \"x\" is not currently accepting connections"), Cause::login_refused);
  EXPECT_EQ(refusal("57P03", "the database system is starting up"), Cause::away);
  EXPECT_EQ(refusal("53100", "could not write init file"), Cause::disk_full);
  EXPECT_EQ(refusal("", "connection to server at \"db\", port 5432 failed: Connection refused"), Cause::away);
  EXPECT_EQ(refusal("", "connection to server at \"db\" failed: session is read-only"), Cause::read_only);
  EXPECT_EQ(refusal("", "fe_sendauth: no password supplied"), Cause::login_refused);
  EXPECT_EQ(refusal("08P01", "no more connections allowed (max_client_conn)"), Cause::too_many_connections);
  EXPECT_EQ(refusal("08P01", "query_wait_timeout"), Cause::too_many_connections);
  EXPECT_EQ(refusal("08P01", "server login has been failing, cached error: FATAL: sorry, too many clients already"),
            Cause::too_many_connections);
  EXPECT_EQ(refusal("08P01", "pgbouncer cannot connect to server"), Cause::away);
}

TEST(SqlstateTest, EachCauseHasACodeOfItsOwnThatSeriesBeginWith) {
  for (const batch::Cause cause : batch::kCauses) {
    if (cause == batch::Cause::login_refused) continue;  // that is never a statement's
    if (cause == batch::Cause::registry_away || cause == batch::Cause::registry_refused) continue;  // no database's
    EXPECT_EQ(cause_of(error(std::string(usual_sqlstate(cause)))), cause) << to_string(cause);
  }
}

TEST(SqlstateTest, EachQuestionIsAboutOneCode) {
  for (const Line& line : expected()) {
    const DatabaseError failure = example_of(line);
    EXPECT_EQ(is_duplicate_key(failure), line.code == "23505") << line.code;
    EXPECT_EQ(is_plain_raise(failure), line.code == "P0001") << line.code;
    EXPECT_EQ(hides_its_reason(failure), line.code == "XX000") << line.code;
    EXPECT_FALSE(is_not_supported(failure)) << line.code;
    EXPECT_EQ(met_a_lock(failure), line.code == "55P03") << line.code;
    EXPECT_EQ(lacks_a_privilege(failure), line.code == "42501") << line.code;
  }
  EXPECT_TRUE(is_not_supported(error("0A000")));
}

TEST(SqlstateTest, NamesTheReasonOfARefusedRow) {
  EXPECT_EQ(reject_reason(error("23505")), RejectReason::unique_violation);
  EXPECT_EQ(reject_reason(error("23502")), RejectReason::not_null_violation);
  EXPECT_EQ(reject_reason(error("23503")), RejectReason::foreign_key_violation);
  EXPECT_EQ(reject_reason(error("23514", "", "level_check")), RejectReason::check_violation);
  EXPECT_EQ(reject_reason(error("23514")), RejectReason::rejected_by_database) << "there is no partition for it";
  EXPECT_EQ(reject_reason(error("23P01")), RejectReason::exclusion_violation);
  EXPECT_EQ(reject_reason(error("22003")), RejectReason::rejected_by_database);
}

}  // namespace
}  // namespace loom::sink
