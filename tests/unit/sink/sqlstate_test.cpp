#include "sink/sqlstate.h"

#include <gtest/gtest.h>

namespace loom::sink {
namespace {

using batch::OutcomeKind;

DatabaseError error(const std::string& sqlstate, const std::string& context = "", const std::string& constraint = "") {
  return {sqlstate, "message", "", context, constraint, ""};
}

TEST(SqlstateTest, DecidesWhatComesNext) {
  struct Row {
    std::string sqlstate;
    Verdict verdict;
  };
  for (const auto& [sqlstate, verdict] : std::vector<Row>{
           {"", Verdict::in_doubt},
           {"KO001", Verdict::stale},
           {"KO002", Verdict::stale},
           {"08000", Verdict::retry},
           {"08006", Verdict::retry},
           {"08007", Verdict::in_doubt},
           {"08P01", Verdict::stop_topic},
           {"40003", Verdict::in_doubt},
           {"40001", Verdict::retry},
           {"40P01", Verdict::retry},
           {"40002", Verdict::stop_topic},
           {"53100", Verdict::retry},
           {"53300", Verdict::retry},
           {"57014", Verdict::retry},
           {"57P01", Verdict::retry},
           {"57P03", Verdict::retry},
           {"58030", Verdict::retry},
           {"55P03", Verdict::retry},
           {"55006", Verdict::stop_topic},
           {"25006", Verdict::retry},
           {"25P02", Verdict::stop_topic},
           {"42P01", Verdict::catalog_changed},
           {"42703", Verdict::catalog_changed},
           {"42501", Verdict::catalog_changed},
           {"22P03", Verdict::catalog_changed},
           {"22P04", Verdict::catalog_changed},
           {"22P02", Verdict::row_fault},
           {"22003", Verdict::row_fault},
           {"22021", Verdict::row_fault},
           {"23502", Verdict::row_fault},
           {"23503", Verdict::row_fault},
           {"23505", Verdict::duplicate_key},
           {"23P01", Verdict::row_fault},
           {"54000", Verdict::row_fault},
           {"54001", Verdict::row_fault},
           {"54023", Verdict::stop_topic},
           {"P0001", Verdict::row_fault},
           {"P0002", Verdict::stop_topic},
           {"21000", Verdict::stop_topic},
           {"0A000", Verdict::stop_topic},
           {"XX000", Verdict::stop_topic},
           {"XX001", Verdict::stop_topic},
       }) {
    EXPECT_EQ(verdict_of(error(sqlstate)), verdict) << sqlstate;
  }
}

TEST(SqlstateTest, AProtocolOrInternalErrorInsideCopyAsksForTheCatalog) {
  EXPECT_EQ(verdict_of(error("08P01", "COPY readings, line 3")), Verdict::catalog_changed);
  EXPECT_EQ(verdict_of(error("XX000", "PL/pgSQL function f() line 1\nCOPY readings, line 3")),
            Verdict::catalog_changed);
}

TEST(SqlstateTest, ACheckWithoutANameIsAMissingPartitionAndNotTheRowsFault) {
  EXPECT_EQ(verdict_of(error("23514")), Verdict::stop_topic);
  EXPECT_EQ(verdict_of(error("23514", "", "level_check")), Verdict::row_fault);
}

TEST(SqlstateTest, VerdictsThatAskForAnotherWayAreNotAnOutcomeToGoOnWith) {
  EXPECT_EQ(outcome_of(Verdict::retry), OutcomeKind::retry);
  EXPECT_EQ(outcome_of(Verdict::in_doubt), OutcomeKind::in_doubt);
  EXPECT_EQ(outcome_of(Verdict::stale), OutcomeKind::stale);
  EXPECT_EQ(outcome_of(Verdict::catalog_changed), OutcomeKind::catalog_changed);
  EXPECT_EQ(outcome_of(Verdict::row_fault), OutcomeKind::stop_topic);
  EXPECT_EQ(outcome_of(Verdict::duplicate_key), OutcomeKind::stop_topic);
}

TEST(SqlstateTest, NamesTheReasonOfARefusedRow) {
  EXPECT_EQ(reject_reason("23505"), RejectReason::unique_violation);
  EXPECT_EQ(reject_reason("23502"), RejectReason::not_null_violation);
  EXPECT_EQ(reject_reason("23503"), RejectReason::foreign_key_violation);
  EXPECT_EQ(reject_reason("23514"), RejectReason::check_violation);
  EXPECT_EQ(reject_reason("23P01"), RejectReason::exclusion_violation);
  EXPECT_EQ(reject_reason("22003"), RejectReason::rejected_by_database);
}

}  // namespace
}  // namespace loom::sink
