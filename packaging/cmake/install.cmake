# SPDX-License-Identifier: GPL-2.0-or-later
# What `cmake --install` puts where.

if(TARGET portguard)
        install(TARGETS portguard RUNTIME DESTINATION ${CMAKE_INSTALL_SBINDIR})
endif()

install(TARGETS libportguard ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
if(TARGET libportguard_shared)
        install(TARGETS libportguard_shared LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
endif()
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/portguard
        DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN *.h)

set(modules ${PORTGUARD_MODULES})
list(REMOVE_DUPLICATES modules)
list(JOIN modules " " PORTGUARD_REQUIRES)
configure_file(${CMAKE_CURRENT_LIST_DIR}/portguard.pc.in ${PROJECT_BINARY_DIR}/portguard.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/portguard.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

# Profiles, and the schemas that editors complete and check them with.
install(DIRECTORY ${PROJECT_SOURCE_DIR}/profiles/ DESTINATION ${CMAKE_INSTALL_DATADIR}/portguard/profiles
        FILES_MATCHING PATTERN *.yaml)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/profiles/ DESTINATION ${CMAKE_INSTALL_DATADIR}/portguard/schema
        FILES_MATCHING PATTERN *.schema.json)

foreach(section RANGE 1 8)
        file(GLOB pages CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/docs/man/*.${section})
        install(FILES ${pages} DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section})
endforeach()

install(FILES ${PROJECT_SOURCE_DIR}/packaging/completions/portguard
        DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)

# Not enabled: whoever installs it says whether the host is restored at boot.
configure_file(${PROJECT_SOURCE_DIR}/packaging/systemd/portguard.service.in
        ${PROJECT_BINARY_DIR}/portguard.service @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/portguard.service DESTINATION lib/systemd/system)
