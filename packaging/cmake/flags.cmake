# SPDX-License-Identifier: GPL-2.0-or-later
# How everything is compiled: warnings, hardening, sanitizers.

set(CMAKE_C_STANDARD 17)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

# `cmake --compile-no-warning-as-error` turns this off for a compiler newer than the sources.
if(NOT DEFINED CMAKE_COMPILE_WARNING_AS_ERROR)
        set(CMAKE_COMPILE_WARNING_AS_ERROR ON)
endif()

if(NOT CMAKE_BUILD_TYPE)
        set(CMAKE_BUILD_TYPE Release CACHE STRING "Release or Debug" FORCE)
endif()
# Without NDEBUG: what an assertion guards is as wrong in a release.
set(CMAKE_C_FLAGS_RELEASE "-O2 -g")
set(CMAKE_C_FLAGS_DEBUG "-O1 -g -fno-omit-frame-pointer")

include(CheckCCompilerFlag)
check_pie_supported(LANGUAGES C)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

add_compile_definitions(_GNU_SOURCE)
add_compile_options(
        -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla
        -fstack-protector-strong -fstack-clash-protection
        # Calls between public functions bind at once, as they do in the static library.
        -fno-semantic-interposition)
add_link_options(-Wl,-z,relro,-z,now,--as-needed)

# Indirect calls and returns go where the program means them to, where the processor can tell.
check_c_compiler_flag(-fcf-protection=full PORTGUARD_HAS_CF_PROTECTION)
check_c_compiler_flag(-mbranch-protection=standard PORTGUARD_HAS_BRANCH_PROTECTION)
if(PORTGUARD_HAS_CF_PROTECTION)
        add_compile_options(-fcf-protection=full)
elseif(PORTGUARD_HAS_BRANCH_PROTECTION)
        add_compile_options(-mbranch-protection=standard)
endif()

if(PORTGUARD_SANITIZE)
        add_compile_options(-fsanitize=${PORTGUARD_SANITIZE} -fno-sanitize-recover=all)
        add_link_options(-fsanitize=${PORTGUARD_SANITIZE})
        if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
                # The added checks lead gcc to paths that are not there; it says so in its manual.
                add_compile_options(-Wno-maybe-uninitialized)
        endif()
        if(PORTGUARD_FUZZ)
                add_compile_options(-fsanitize=fuzzer-no-link)
        endif()
elseif(CMAKE_BUILD_TYPE STREQUAL "Release")
        # The sanitizers' own checks are hidden by fortified functions, which need -O besides.
        add_compile_options(-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3)
        # What is not set is zero: no secret, and no address, is in what a mistake reads. The tools that find such
        # mistakes look at other builds. Clang before 16 wants it asked for by another flag besides.
        check_c_compiler_flag(-ftrivial-auto-var-init=zero PORTGUARD_HAS_AUTO_INIT)
        if(PORTGUARD_HAS_AUTO_INIT)
                add_compile_options(-ftrivial-auto-var-init=zero)
        endif()
endif()
