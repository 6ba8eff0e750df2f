# Writes OUTPUT: every NNN_name.sql of MIGRATIONS_DIR as a constant of the program, with its SHA-256.
#   cmake -DMIGRATIONS_DIR=... -DOUTPUT=... -P EmbedMigrations.cmake
file(GLOB files ${MIGRATIONS_DIR}/*.sql)
list(SORT files COMPARE NATURAL)

set(entries "")
foreach(file IN LISTS files)
  get_filename_component(stem ${file} NAME_WE)
  if(NOT stem MATCHES "^([0-9]+)_([a-z0-9_]+)$")
    message(FATAL_ERROR "${file}: a migration is named NNN_what_it_does.sql")
  endif()
  set(version ${CMAKE_MATCH_1})
  set(name ${CMAKE_MATCH_2})
  file(SHA256 ${file} checksum)
  file(READ ${file} sql)
  string(APPEND entries "      {\"${version}\", \"${name}\", \"${checksum}\", R\"loom_sql(${sql})loom_sql\"},\n")
endforeach()

file(WRITE ${OUTPUT}.new "// Made from migrations/*.sql by the build.
#include \"schema/migrations.h\"

namespace loom::schema {

const std::vector<Migration>& embedded_migrations() {
  static const std::vector<Migration> migrations{
${entries}  };
  return migrations;
}

}  // namespace loom::schema
")
file(COPY_FILE ${OUTPUT}.new ${OUTPUT} ONLY_IF_DIFFERENT)
file(TOUCH ${OUTPUT})
