# How every target of the project is compiled.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE_PROGRAM})
endif()

# Frame pointers cost next to nothing and make `perf record -g` tell the truth.
set(CMAKE_CXX_FLAGS_RELEASE "-O3 -DNDEBUG -g1 -fno-omit-frame-pointer")
set(CMAKE_CXX_FLAGS_DEBUG "-O1 -g -fno-omit-frame-pointer")

add_library(loom_options INTERFACE)
target_compile_options(loom_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor -Wold-style-cast -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
  # GCC 12 sees an overlap in std::string's operator+ that is not there (GCC bug 105651).
  target_compile_options(loom_options INTERFACE -Wno-restrict)
endif()
target_include_directories(loom_options INTERFACE ${CMAKE_SOURCE_DIR}/src ${CMAKE_SOURCE_DIR}/include)

if(LOOM_SANITIZE)
  # -g1 is enough for a stack trace with file and line. With -Og the checks of a sanitizer compile in half the time that
  # they take with -O1.
  add_compile_options(-fsanitize=${LOOM_SANITIZE} -fno-sanitize-recover=all -Og -g1)
  add_link_options(-fsanitize=${LOOM_SANITIZE})
  add_compile_definitions(LOOM_SANITIZED)
endif()

if(LOOM_CLANG_TIDY)
  find_program(CLANG_TIDY_PROGRAM NAMES clang-tidy clang-tidy-14 REQUIRED)
  set(CMAKE_CXX_CLANG_TIDY ${CLANG_TIDY_PROGRAM} --quiet)
endif()

# Compiling all files of a target as one takes a fraction of the time: each would make the same code of the same headers
# again. "tests" does so for the tests, "all" for src/ too: a folder of it is one file then. Everyday work (the preset dev)
# goes file by file.
set(LOOM_UNITY "" CACHE STRING "Which targets are compiled as one file each: tests, all, or none (empty)")
set_property(CACHE LOOM_UNITY PROPERTY STRINGS "" tests all)
set(CMAKE_UNITY_BUILD_BATCH_SIZE 0)
if(LOOM_UNITY STREQUAL all)
  set(CMAKE_UNITY_BUILD ON)
endif()
if(LOOM_UNITY AND CMAKE_CXX_COMPILER_ID STREQUAL GNU)
  # To GCC a .cpp file that another includes is a header, where a type of an anonymous namespace would be a mistake.
  add_compile_options(-Wno-subobject-linkage)
endif()
