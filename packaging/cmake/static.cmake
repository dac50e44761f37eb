# SPDX-License-Identifier: GPL-2.0-or-later
# The libraries that the command line may take in, for a host that has none of them.

option(PORTGUARD_STATIC_LIBRARIES "Link the libraries but libc into portguard, where there are archives of them" OFF)

# portguard_static_libraries(RESULT PKG-CONFIG-MODULE...): the archives that there are, and what they need.
function(portguard_static_libraries result)
        set(archives)
        foreach(module ${ARGN})
                foreach(library ${${module}_LIBRARIES})
                        set(found PORTGUARD_ARCHIVE_${library})
                        find_library(${found} lib${library}.a HINTS ${${module}_LIBDIR})
                        mark_as_advanced(${found})
                        if(${found})
                                list(APPEND archives ${${found}})
                        else()
                                message(STATUS "There is no lib${library}.a: portguard will need lib${library}.so")
                        endif()
                endforeach()
        endforeach()
        list(REMOVE_DUPLICATES archives)
        set(${result} ${archives} m PARENT_SCOPE)
endfunction()
