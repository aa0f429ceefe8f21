# Writes a file's bytes as a C array: cmake -DINPUT=abi.h -DNAME=abi_h -DOUTPUT=abi_h.c -P embed_file.cmake
#   abi.h  ->  const unsigned char tenon_embedded_abi_h[] = {0x2f,0x2a,...}; const size_t tenon_embedded_abi_h_bytes = ...
file(READ "${INPUT}" hex HEX)
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
string(REGEX REPLACE "((0x..,){24})" "\\1\n" bytes "${bytes}")
file(WRITE "${OUTPUT}"
  "#include \"runtime/embedded.h\"\n"
  "const unsigned char tenon_embedded_${NAME}[] = {\n${bytes}\n};\n"
  "const size_t tenon_embedded_${NAME}_bytes = sizeof tenon_embedded_${NAME};\n")
