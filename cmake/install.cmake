# What `cmake --install build --prefix DIR` installs: the programs, and the package that find_package(tenon) reads.
#
#   DIR/bin/tenon, DIR/bin/tenon-opt, DIR/lib/cmake/tenon/{tenonConfig,TenonAddModel,...}.cmake
include(CMakePackageConfigHelpers)
include(GNUInstallDirs)

set(package_folder "lib/cmake/tenon")
install(TARGETS tenon EXPORT tenonTargets RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
install(TARGETS tenon_opt RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
install(EXPORT tenonTargets NAMESPACE tenon:: DESTINATION "${package_folder}")

configure_package_config_file(cmake/tenonConfig.cmake.in "${PROJECT_BINARY_DIR}/tenonConfig.cmake"
  INSTALL_DESTINATION "${package_folder}")
write_basic_package_version_file("${PROJECT_BINARY_DIR}/tenonConfigVersion.cmake" COMPATIBILITY SameMinorVersion)
install(FILES
  "${PROJECT_BINARY_DIR}/tenonConfig.cmake" "${PROJECT_BINARY_DIR}/tenonConfigVersion.cmake" cmake/TenonAddModel.cmake
  DESTINATION "${package_folder}")
