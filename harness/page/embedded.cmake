# cmake -DOUT=FILE "-DROOT=DIR" "-DASSETS=A B ..." -P embedded.cmake
#
# Makes a C source of files of styles and script: harness/report/report.css becomes html_report_css (html.h), its
# lines as strings and its hash as a Content Security Policy names it.

# base64(HEX VAR): of the 32 bytes of a hash. Three hexadecimal digits are two of Base64; the last one, filled up with
# zeros, is one more, and then comes what fills up Base64.
set(digits "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
function(base64 hex var)
  set(text)
  foreach(at RANGE 0 63 3)
    string(SUBSTRING "${hex}00" ${at} 3 three)
    math(EXPR high "0x${three} >> 6")
    math(EXPR low "0x${three} & 63")
    string(SUBSTRING "${digits}" ${high} 1 one)
    string(APPEND text "${one}")
    if(NOT at EQUAL 63)
      string(SUBSTRING "${digits}" ${low} 1 one)
      string(APPEND text "${one}")
    endif()
  endforeach()
  set(${var} "${text}=" PARENT_SCOPE)
endfunction()

separate_arguments(ASSETS)
set(code "/* Made by embedded.cmake. */\n#include \"harness/page/html.h\"\n")
foreach(path IN LISTS ASSETS)
  get_filename_component(name "${path}" NAME)
  string(REPLACE "." "_" name "${name}")
  # As bytes, not as lines: CMake's lists end at semicolons.
  file(READ "${ROOT}/${path}" text)
  # The browser hashes what stands between the tags, from the first line's end on.
  string(SHA256 hash "${text}")
  base64("${hash}" hash)
  string(REPLACE "\\" "\\\\" text "${text}")
  string(REPLACE "\"" "\\\"" text "${text}")
  string(REPLACE "?" "\\?" text "${text}") # two of them and a third character may be a trigraph
  string(REPLACE "\n" "\\n\",\n    \"" text "${text}")
  string(APPEND code "\nstatic const char *const ${name}_lines[] = {\n    \"${text}\",\n    0,\n};\n"
    "const struct html_asset html_${name} = {${name}_lines, \"sha256-${hash}\"};\n")
endforeach()
file(WRITE "${OUT}" "${code}")
