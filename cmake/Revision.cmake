# loom_version(VAR): "0.1.0+1a2b3c4", by the project's version and the git revision, which is looked up when CMake
# configures. Where there is no .git, as in an image build, -DLOOM_REVISION=1a2b3c4 says it; without both it is "0.1.0".
set(LOOM_REVISION "" CACHE STRING "Revision that --version shows; empty: asks git")

function(loom_version variable)
  set(revision ${LOOM_REVISION})
  if(NOT revision)
    execute_process(COMMAND git -C ${PROJECT_SOURCE_DIR} rev-parse --short HEAD
      OUTPUT_VARIABLE revision OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  endif()
  set(version ${PROJECT_VERSION})
  if(revision)
    string(APPEND version "+${revision}")
  endif()
  set(${variable} ${version} PARENT_SCOPE)
endfunction()
