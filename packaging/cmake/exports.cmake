# SPDX-License-Identifier: GPL-2.0-or-later
# Writes the linker's version script: what the public headers declare, and nothing else.

# portguard_write_exports(FILE HEADER...)
function(portguard_write_exports file)
        set(names)
        foreach(header ${ARGN})
                set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${header})
                file(READ ${header} text)
                string(REGEX REPLACE "/\\*([^*]|\\*+[^*/])*\\*+/" "" text "${text}")
                string(REGEX MATCHALL "pg_[a-z0-9_]+\\(" calls "${text}")
                list(APPEND names ${calls})
        endforeach()
        list(REMOVE_DUPLICATES names)
        list(SORT names)
        list(TRANSFORM names REPLACE "\\($" "$<SEMICOLON>")
        string(REPLACE "$<SEMICOLON>;" ";\n                " names "${names}")
        string(REPLACE "$<SEMICOLON>" ";" names "${names}")
        file(CONFIGURE OUTPUT ${file} CONTENT "PORTGUARD_${PROJECT_VERSION_MAJOR} {
        global:
                ${names}
        local:
                *;
};
")
endfunction()
