# tenon_library(name [DEPENDS library...]): the folder that calls it becomes one library.
#
#   ir/expr/CMakeLists.txt:  tenon_library(tenon_ir_expr DEPENDS tenon_support)   ->   libtenon_ir_expr.a
#
# All .cpp and .c files of the folder and the folders below belong to it; a new file needs no entry anywhere. A folder
# of headers only becomes an interface library, so that others can depend on it all the same.
include_guard(GLOBAL)

# What every target of the project is compiled with; tests use it too.
add_library(tenon_options INTERFACE)
target_include_directories(tenon_options INTERFACE "${PROJECT_SOURCE_DIR}" "${PROJECT_BINARY_DIR}/generated")
target_compile_options(tenon_options INTERFACE -Wall -Wextra -Werror=switch -Werror=return-type)
target_link_libraries(tenon_options INTERFACE Threads::Threads)

option(TENON_SANITIZE "Build with AddressSanitizer and UndefinedBehaviorSanitizer" OFF)
if(TENON_SANITIZE)
  set(sanitizers -fsanitize=address,undefined -fno-sanitize-recover=undefined)
  target_compile_options(tenon_options INTERFACE ${sanitizers})
  target_link_options(tenon_options INTERFACE ${sanitizers})
endif()

function(tenon_library name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "DEPENDS;EXCEPT")
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS "*.cpp" "*.c")
  foreach(file IN LISTS arg_EXCEPT)
    list(REMOVE_ITEM sources "${CMAKE_CURRENT_SOURCE_DIR}/${file}")
  endforeach()
  if(sources)
    add_library(${name} STATIC ${sources})
    target_link_libraries(${name} PUBLIC tenon_options ${arg_DEPENDS})
  else()
    add_library(${name} INTERFACE)
    target_link_libraries(${name} INTERFACE tenon_options ${arg_DEPENDS})
  endif()
endfunction()
