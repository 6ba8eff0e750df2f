# Writes the first C++ block of a page into a file, so that what people copy is what is built.
#   cmake -DPAGE=docs/add-a-stage.md -DOUTPUT=stage.cpp -P extract_example.cmake
file(READ ${PAGE} text)
string(FIND "${text}" "```cpp\n" begin)
if(begin EQUAL -1)
  message(FATAL_ERROR "${PAGE} has no block of C++")
endif()
math(EXPR begin "${begin} + 7")
string(SUBSTRING "${text}" ${begin} -1 text)
string(FIND "${text}" "```" end)
string(SUBSTRING "${text}" 0 ${end} text)
file(WRITE ${OUTPUT} "${text}")
