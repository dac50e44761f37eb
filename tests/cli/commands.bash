# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The commands in the order of the help: the one list of them in tests. Who adds one adds it here.
# shellcheck disable=SC2034 # for those who load this
commands=(apply confirm extend rollback restore disable plan status explain audit doctor history diff show report profiles
        verify)
