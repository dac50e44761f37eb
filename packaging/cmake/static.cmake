# SPDX-License-Identifier: GPL-2.0-or-later
# The libraries that the command line takes in, rather than have the loader find, map and bind them each
# time: half of what a short command takes. libc stays outside, and libmnl, of which Debian has no archive.

option(PORTGUARD_STATIC_LIBRARIES "Link SQLite, libfyaml, jansson, nettle and libnftnl into portguard" OFF)

# portguard_static_libraries(RESULT PKG-CONFIG-MODULE...): their archives, and what those need.
function(portguard_static_libraries result)
        set(archives)
        foreach(module ${ARGN})
                foreach(library ${${module}_LIBRARIES})
                        set(found PORTGUARD_ARCHIVE_${library})
                        find_library(${found} lib${library}.a HINTS ${${module}_LIBDIR})
                        mark_as_advanced(${found})
                        if(${found})
                                list(APPEND archives ${${found}})
                        elseif(NOT library STREQUAL "mnl")
                                message(FATAL_ERROR "There is no lib${library}.a; without it: "
                                        "-DPORTGUARD_STATIC_LIBRARIES=OFF")
                        endif()
                endforeach()
        endforeach()
        list(REMOVE_DUPLICATES archives)
        set(${result} ${archives} m PARENT_SCOPE)
endfunction()
