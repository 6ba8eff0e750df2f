# One static library per folder of src/, so that the link graph is the architecture.
#   loom_library(decode SOURCES a.cpp b.cpp DEPENDS loom::base PRIVATE simdjson::simdjson)
# ALONE names those SOURCES that are never compiled as one with the others (LOOM_UNITY), since they use the same names.
function(loom_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS;PRIVATE;ALONE" ${ARGN})
  add_library(loom_${name} STATIC ${ARG_SOURCES})
  add_library(loom::${name} ALIAS loom_${name})
  target_link_libraries(loom_${name} PUBLIC loom_options ${ARG_DEPENDS} PRIVATE ${ARG_PRIVATE})
  set_source_files_properties(${ARG_ALONE} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
endfunction()

# A GoogleTest program whose cases CTest knows one by one under the given label.
#   loom_test(mapping_test LABEL unit SOURCES ... DEPENDS loom::mapping)
# COST: those with more begin first, so that what takes minutes is not what is left at the end.
# ONE_AT_A_TIME: something that all programs of that name share, so that no two cases of them run at the same time.
function(loom_test name)
  cmake_parse_arguments(ARG "" "LABEL;TIMEOUT;ONE_AT_A_TIME;COST" "SOURCES;DEPENDS" ${ARGN})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  set(further "")
  if(ARG_ONE_AT_A_TIME)
    set(further RESOURCE_LOCK ${ARG_ONE_AT_A_TIME})
  endif()
  if(ARG_COST)
    list(APPEND further COST ${ARG_COST})
  endif()
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE loom_options ${ARG_DEPENDS} GTest::gmock GTest::gtest_main)
  gtest_discover_tests(${name} DISCOVERY_TIMEOUT 60
    PROPERTIES LABELS ${ARG_LABEL} TIMEOUT ${ARG_TIMEOUT} ${further})
endfunction()

# A libFuzzer program fuzz_<name> for loom::fuzz::<name> of tests/fuzz/targets.h, and a test that runs it for
# LOOM_FUZZ_SECONDS. Other builds only compile its entry point, so that it does not rot.
#   loom_fuzzer(numbers DEPENDS loom_fuzz_targets)
function(loom_fuzzer name)
  cmake_parse_arguments(ARG "" "" "DEPENDS" ${ARGN})
  if(NOT LOOM_SANITIZE MATCHES fuzzer)
    add_library(fuzz_${name} OBJECT fuzz_main.cpp)
  else()
    add_executable(fuzz_${name} fuzz_main.cpp)
    target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
    add_test(NAME fuzz_${name}
      COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/run.sh $<TARGET_FILE:fuzz_${name}> ${name})
    set_tests_properties(fuzz_${name} PROPERTIES LABELS fuzz TIMEOUT 7200)
    if(NOT TARGET fuzzers)
      add_custom_target(fuzzers)
    endif()
    add_dependencies(fuzzers fuzz_${name})
  endif()
  target_compile_definitions(fuzz_${name} PRIVATE LOOM_FUZZ_TARGET=${name})
  target_link_libraries(fuzz_${name} PRIVATE loom_options ${ARG_DEPENDS})
endfunction()
