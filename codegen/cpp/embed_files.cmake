# Writes files as one C++ source: cmake -DOUTPUT=embedded.cpp -DFILES=a.h,b.c -P embed_files.cmake
#   tn_vector.h  ->  {"tn_vector.h", {bytes_0, sizeof bytes_0}} in embedded_files()
string(REPLACE "," ";" FILES "${FILES}")
set(arrays)
set(rows)
set(number 0)
foreach(file IN LISTS FILES)
  file(READ "${file}" hex HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
  string(REGEX REPLACE "((0x..,){24})" "\\1\n" bytes "${bytes}")
  get_filename_component(name "${file}" NAME)
  string(APPEND arrays "const unsigned char bytes_${number}[] = {\n${bytes}\n};\n")
  string(APPEND rows "      {\"${name}\", {reinterpret_cast<const char*>(bytes_${number}), sizeof bytes_${number}}},\n")
  math(EXPR number "${number} + 1")
endforeach()
file(WRITE "${OUTPUT}"
  "#include \"codegen/cpp/embedded.h\"\n\nnamespace tenon::codegen::cpp {\nnamespace {\n${arrays}}  // namespace\n\n"
  "const std::vector<EmbeddedFile>& embedded_files() {\n  static const std::vector<EmbeddedFile> files = {\n${rows}  };\n"
  "  return files;\n}\n\n}  // namespace tenon::codegen::cpp\n")
