# Writes OUTPUT: PAGE_DIR/index.html as a constant of the program, with the style sheets and scripts that it names inside
# it, so that the page is one document. Opened from the folder by a browser the same file works as it stands.
#   cmake -DPAGE_DIR=... -DOUTPUT=... -P EmbedPage.cmake
cmake_minimum_required(VERSION 3.25)
file(READ ${PAGE_DIR}/index.html page)

# inline(TAG BEFORE AFTER): each match of TAG, which holds a file's name, becomes that file between BEFORE and AFTER.
function(inline tag before after)
  string(REGEX MATCHALL "${tag}" matches "${page}")
  foreach(match IN LISTS matches)
    string(REGEX REPLACE "${tag}" "\\1" name "${match}")
    file(READ ${PAGE_DIR}/${name} content)
    string(REPLACE "${match}" "${before}\n${content}${after}" page "${page}")
  endforeach()
  set(page "${page}" PARENT_SCOPE)
endfunction()
inline("<link rel=\"stylesheet\" href=\"([a-z]+\\.css)\">" "<style>" "</style>")
inline("<script src=\"([a-z]+\\.js)\"></script>" "<script>" "</script>")

string(FIND "${page}" ")loom_page\"" ends_early)
if(NOT ends_early EQUAL -1)
  message(FATAL_ERROR "${PAGE_DIR}: the page must not hold the text that ends its literal")
endif()

file(WRITE ${OUTPUT}.new "// Made from src/http/page/ by the build.
#include \"http/page.h\"

namespace loom::http {

std::string_view status_page() {
  static constexpr std::string_view kPage = R\"loom_page(${page})loom_page\";
  return kPage;
}

}  // namespace loom::http
")
file(COPY_FILE ${OUTPUT}.new ${OUTPUT} ONLY_IF_DIFFERENT)
file(TOUCH ${OUTPUT})
