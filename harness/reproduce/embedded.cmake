# cmake -DOUT=FILE "-DROOT=DIR" "-DFILES=A B ..." -P embedded.cmake
#
# Makes a C source of C sources: their lines as strings, for the files that `pinfuzz source` writes
# (embedded.h). What they include of each other goes, and what guards a header against coming twice; the seam stays.

separate_arguments(FILES)
set(code "#include \"harness/reproduce/embedded.h\"\n\nconst char *const reproduce_embedded[] = {\n")
foreach(name IN LISTS FILES)
  file(READ "${ROOT}/${name}" text)
  string(REGEX REPLACE "#include \"harness/[a-z]+/[^\n]*\n" "" text "${text}")
  string(REGEX REPLACE "#ifndef HARNESS_[A-Z_]*\n#define HARNESS_[A-Z_]*\n+" "" text "${text}")
  if(name MATCHES "\\.h$")
    string(REGEX REPLACE "\n#endif\n$" "" text "${text}")
  endif()
  if(NOT name MATCHES "finding\\.c$")
    string(REPLACE "#include \"harness/sut.h\"\n" "" text "${text}")
  endif()
  string(REGEX REPLACE "\n\n\n+" "\n\n" text "/* ---- harness/${name} ---- */\n\n${text}\n")
  string(REPLACE "\\" "\\\\" text "${text}")
  string(REPLACE "\"" "\\\"" text "${text}")
  string(REPLACE "\n" "\\n\",\n    \"" text "${text}")
  string(APPEND code "    \"${text}\",\n")
endforeach()
string(APPEND code "    0,\n};\n")
file(WRITE "${OUT}" "${code}")
