# One static library per folder of src/, so that the link graph is the architecture.
#   loom_library(decode SOURCES a.cpp b.cpp DEPENDS loom::base PRIVATE simdjson::simdjson)
function(loom_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS;PRIVATE" ${ARGN})
  add_library(loom_${name} STATIC ${ARG_SOURCES})
  add_library(loom::${name} ALIAS loom_${name})
  target_link_libraries(loom_${name} PUBLIC loom_options ${ARG_DEPENDS} PRIVATE ${ARG_PRIVATE})
endfunction()

# A GoogleTest program whose cases CTest knows one by one under the given label.
#   loom_test(mapping_test LABEL unit SOURCES ... DEPENDS loom::mapping)
function(loom_test name)
  cmake_parse_arguments(ARG "" "LABEL;TIMEOUT" "SOURCES;DEPENDS" ${ARGN})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE loom_options ${ARG_DEPENDS} GTest::gmock GTest::gtest_main)
  gtest_discover_tests(${name} DISCOVERY_TIMEOUT 60
    PROPERTIES LABELS ${ARG_LABEL} TIMEOUT ${ARG_TIMEOUT})
endfunction()
