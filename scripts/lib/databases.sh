# shellcheck shell=bash disable=SC2154  # logs and jobs are test.sh's
# The label `databases`: tests on PostgreSQL servers that the other labels do not meet. Sourced by test.sh alone, after
# servers.sh.
#   run_databases               all of it
#   databases_begin VERSION     from here on LOOM_POSTGRES_VERSION's server is the tests', beside the Kafka of the run
#   databases_end               the server from before again
#
# A server that cannot be had is a failure: nobody asks for this label to be told that all is well without it.

DATABASES_EXTENDED=17-trixie
DATABASES_NEWEST=18

# What of the label integration runs on each of them: all that asks a catalog, a planner or an index something, and a
# share of the stories from Kafka to rows. What is about Kafka, files or the pool is not among them.
databases_share() {
  local -a suites=(
    # the sink: catalogs, COPY, merges, keys, rows that are refused
    CatalogReaderTest WriteTest MergeTest SplitTest RepeatsTest 'KeyKinds\w*' 'Surplus\w*' EvidenceTest MissingPartitionTest
    OffsetStoreTest BadValueTest
    # the project's own tables
    Migrations OlderTables Statements 'Advice\w*' TableCreator
    # the service
    UpsertTest ArraysTest WhoseFaultTest 'Evolve\w*' 'ChangeTypes\w*')
  local IFS='|'
  echo "^(${suites[*]})\\."
}

# PyPI's build of the newest server has no ICU.
DATABASES_WITHOUT_ICU='^MergeTest\.KeysThatAreEqualOnlyToTheDatabaseAreStoredOneAfterTheOther$'

databases_begin() {
  local version=$1 bin
  # An error of its own: a variable of the caller would be taken for the answer.
  if ! bin=$(
    unset LOOM_POSTGRES_BIN
    export LOOM_POSTGRES_VERSION=$version
    postgres_choose
    echo "$LOOM_POSTGRES_BIN"
  ); then
    count_failure "databases: there is no PostgreSQL $version (see above), and nothing was tried on it"
    return 1
  fi
  databases_dir=$(TMPDIR=$(servers_place) servers_make_dir)
  servers_stop_after "$databases_dir" $$
  databases_before=("${LOOM_POSTGRES_BIN:-}" "${LOOM_TEST_DATABASE_URL:-}")
  # Also for the servers that tests start themselves.
  export LOOM_POSTGRES_BIN=$bin
  say "Starting PostgreSQL $version"
  if ! servers_start "$databases_dir" postgres; then
    databases_end
    count_failure "databases: PostgreSQL $version did not start"
    return 1
  fi
  LOOM_TEST_DATABASE_URL=$(postgres_url "$databases_dir")
  export LOOM_TEST_DATABASE_URL
}

databases_end() {
  servers_stop "$databases_dir" || true
  databases_dir=''
  LOOM_POSTGRES_BIN=${databases_before[0]}
  LOOM_TEST_DATABASE_URL=${databases_before[1]}
  if [[ -z $LOOM_POSTGRES_BIN ]]; then unset LOOM_POSTGRES_BIN; fi
}

# databases_everywhere EXTENSION: in each database that is made from now on, as people do who want it always.
databases_everywhere() {
  "$LOOM_POSTGRES_BIN/psql" -X -q -d "${LOOM_TEST_DATABASE_URL%/*}/template1" -c "CREATE EXTENSION IF NOT EXISTS $1" \
    >"$logs/databases-extension.log" 2>&1 || {
    show_tail "$logs/databases-extension.log"
    count_failure "databases: the extension $1 cannot be made"
  }
}

run_databases() {
  local beside=$((2 * jobs))
  start_servers
  if databases_begin "$DATABASES_EXTENDED"; then
    run_ctest "databases-$DATABASES_EXTENDED" release -L '^databases$' --parallel "$((jobs + 1))"
    databases_everywhere timescaledb
    run_ctest "databases-integration-$DATABASES_EXTENDED" release -L '^integration$' \
      -R "$(databases_share)" --parallel "$beside"
    databases_end
  fi
  if databases_begin "$DATABASES_NEWEST"; then
    # Those of the label that need no extension.
    run_ctest "databases-$DATABASES_NEWEST" release -L '^databases$' -R '^DailyPartitionsTest\.' --parallel "$jobs"
    note "left out, since this PostgreSQL $DATABASES_NEWEST is built without ICU: $DATABASES_WITHOUT_ICU"
    run_ctest "databases-integration-$DATABASES_NEWEST" release -L '^integration$' -R "$(databases_share)" \
      -E "$DATABASES_WITHOUT_ICU" --parallel "$beside"
    run_ctest "databases-fault-$DATABASES_NEWEST" release -L '^fault$' -R '^KilledTest\.PostgresKilled'
    databases_end
  fi
}
