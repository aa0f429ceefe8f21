# Compiles an ONNX model as part of a CMake build, with CMake 3.25 or later.
#
#   find_package(tenon REQUIRED)
#   tenon_add_model(tracker models/tracker.onnx TARGET x86-64-v3 DIMS batch=1..16)
#   target_link_libraries(app PRIVATE tracker)          # and in app.c: #include "tracker.h"
#
# tenon_add_model(target model.onnx [NAME n] [TARGET t] [DIMS name=value ...] [WEIGHTS embed|file] [OPTIONS option ...])
#
#   target   an imported static library; linking it brings the include directory of <n>.h and <n>.hpp
#   NAME     prefix of symbols and files; default: the model's file name, made an identifier
#   TARGET   as --target of `tenon compile`; DIMS as its --dim, OPTIONS as they are
#   WEIGHTS  file: the weights are in <n>_weights.bin, whose path is the target's property TENON_WEIGHTS_FILE
#
# The model is compiled again when it changes, one of its external data files does, or Tenon itself.
include_guard(GLOBAL)

function(tenon_add_model target model)
  cmake_parse_arguments(PARSE_ARGV 2 arg "" "NAME;TARGET;WEIGHTS" "DIMS;OPTIONS")
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "tenon_add_model(${target}): unknown arguments: ${arg_UNPARSED_ARGUMENTS}")
  endif()
  if(arg_WEIGHTS AND NOT arg_WEIGHTS MATCHES "^(embed|file)$")
    message(FATAL_ERROR "tenon_add_model(${target}): WEIGHTS is '${arg_WEIGHTS}', expected embed or file")
  endif()
  cmake_path(ABSOLUTE_PATH model NORMALIZE)
  if(NOT arg_NAME)
    cmake_path(GET model STEM LAST_ONLY arg_NAME)
    string(MAKE_C_IDENTIFIER "${arg_NAME}" arg_NAME)
  endif()

  # One folder per target: a folder holds one bundle.
  set(folder "${CMAKE_CURRENT_BINARY_DIR}/tenon/${target}")
  set(library "${folder}/lib${arg_NAME}.a")
  set(depfile "${CMAKE_CURRENT_BINARY_DIR}/tenon/${target}.d")
  file(MAKE_DIRECTORY "${folder}")

  set(command tenon::tenon compile "${model}" -o "${folder}" --name "${arg_NAME}" --depfile "${depfile}")
  set(outputs "${library}" "${folder}/${arg_NAME}.h" "${folder}/${arg_NAME}.hpp" "${folder}/manifest.json")
  if(arg_TARGET)
    list(APPEND command --target "${arg_TARGET}")
  endif()
  foreach(dim IN LISTS arg_DIMS)
    list(APPEND command --dim "${dim}")
  endforeach()
  if(arg_WEIGHTS)
    list(APPEND command "--weights=${arg_WEIGHTS}")
  endif()
  if(arg_WEIGHTS STREQUAL "file")
    list(APPEND outputs "${folder}/${arg_NAME}_weights.bin")
  endif()

  add_custom_command(
    OUTPUT ${outputs}
    COMMAND ${command} ${arg_OPTIONS}
    DEPENDS "${model}" tenon::tenon
    DEPFILE "${depfile}"
    COMMENT "Compiling ${arg_NAME} with Tenon"
    VERBATIM)
  add_custom_target(${target}_bundle DEPENDS ${outputs})
  add_library(${target} STATIC IMPORTED GLOBAL)
  add_dependencies(${target} ${target}_bundle)
  set_target_properties(${target} PROPERTIES
    IMPORTED_LOCATION "${library}"
    INTERFACE_INCLUDE_DIRECTORIES "${folder}")
  if(arg_TARGET STREQUAL "cuda") # it opens the driver when it runs
    set_target_properties(${target} PROPERTIES INTERFACE_LINK_LIBRARIES "${CMAKE_DL_LIBS}")
  endif()
  if(arg_WEIGHTS STREQUAL "file")
    set_target_properties(${target} PROPERTIES TENON_WEIGHTS_FILE "${folder}/${arg_NAME}_weights.bin")
  endif()
endfunction()
