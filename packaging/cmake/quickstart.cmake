# SPDX-License-Identifier: GPL-2.0-or-later
# The listener and caller of packaging/quickstart. Built only when it asks for it, never installed.

add_executable(quickstart-probe EXCLUDE_FROM_ALL ${PROJECT_SOURCE_DIR}/packaging/quickstart.d/probe.c)
set_target_properties(quickstart-probe PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR})
