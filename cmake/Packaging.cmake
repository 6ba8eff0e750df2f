# What `make dist` makes: a Debian package, and a tarball for everything else. The two differ in where things lie, so each
# has a component of its own, in full.
include(GNUInstallDirs)
set(CMAKE_SKIP_INSTALL_ALL_DEPENDENCY ON)  # packing builds nothing but the program

set(package_files ${PROJECT_SOURCE_DIR}/deploy/debian)
set(program $<TARGET_FILE:kafka-to-db-consumer>)
set(documents README.md CHANGELOG.md LICENSE)

# Debian: absolute places, no chart.
install(PROGRAMS ${program} DESTINATION usr/bin COMPONENT debian)
install(FILES topic_mappings.yml DESTINATION usr/share/kafka-to-db-consumer COMPONENT debian)
install(DIRECTORY migrations DESTINATION usr/share/kafka-to-db-consumer COMPONENT debian)
install(FILES deploy/systemd/kafka-to-db-consumer.service DESTINATION lib/systemd/system COMPONENT debian)
install(FILES deploy/systemd/environment DESTINATION etc/kafka-to-db-consumer COMPONENT debian)
install(FILES README.md ${package_files}/copyright DESTINATION usr/share/doc/kafka-to-db-consumer COMPONENT debian)
install(DIRECTORY docs DESTINATION usr/share/doc/kafka-to-db-consumer COMPONENT debian
  FILES_MATCHING PATTERN *.md PATTERN *.png)
install(CODE "
  execute_process(COMMAND gzip -9n INPUT_FILE ${PROJECT_SOURCE_DIR}/CHANGELOG.md
    OUTPUT_FILE \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/usr/share/doc/kafka-to-db-consumer/changelog.gz\"
    COMMAND_ERROR_IS_FATAL ANY)
  execute_process(COMMAND strip \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/usr/bin/kafka-to-db-consumer\"
    COMMAND_ERROR_IS_FATAL ANY)" COMPONENT debian)

# The tarball: everything under one folder. The chart's links into the project become the files that they lead to.
install(PROGRAMS ${program} DESTINATION bin COMPONENT tarball)
install(FILES topic_mappings.yml ${documents} DESTINATION . COMPONENT tarball)
install(DIRECTORY migrations monitoring docs DESTINATION . COMPONENT tarball)
install(DIRECTORY deploy/systemd DESTINATION deploy COMPONENT tarball)
install(CODE "
  set(root \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}\")
  execute_process(COMMAND strip \"\${root}/bin/kafka-to-db-consumer\" COMMAND_ERROR_IS_FATAL ANY)
  file(MAKE_DIRECTORY \"\${root}/helm\")
  if(EXISTS ${PROJECT_SOURCE_DIR}/helm/kafka-to-db-consumer)
    execute_process(COMMAND cp -rL ${PROJECT_SOURCE_DIR}/helm/kafka-to-db-consumer \"\${root}/helm/\"
      COMMAND_ERROR_IS_FATAL ANY)
  endif()" COMPONENT tarball)

set(CPACK_PACKAGE_NAME kafka-to-db-consumer)
set(CPACK_PACKAGE_VENDOR "The kafka-to-db-consumer authors")
set(CPACK_PACKAGE_CONTACT "The kafka-to-db-consumer authors <kafka-to-db-consumer@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY ${PROJECT_DESCRIPTION})
set(CPACK_PACKAGE_FILE_NAME kafka-to-db-consumer-${PROJECT_VERSION}-linux-${CMAKE_SYSTEM_PROCESSOR})
set(CPACK_COMPONENTS_GROUPING ALL_COMPONENTS_IN_ONE)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_ARCHIVE_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS ca-certificates)
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
  "Takes JSON messages from Kafka topics and stores them in PostgreSQL tables,
each exactly once: a message's offset and its rows are written by one
transaction. Which topic goes into which table is one YAML file.")
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${package_files}/conffiles ${package_files}/postinst ${package_files}/prerm
  ${package_files}/postrm)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_PROJECT_CONFIG_FILE ${PROJECT_SOURCE_DIR}/cmake/PackagingByGenerator.cmake)
include(CPack)
