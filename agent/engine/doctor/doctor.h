/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the checks of the doctor share. */
#ifndef PG_ENGINE_DOCTOR_DOCTOR_H
#define PG_ENGINE_DOCTOR_DOCTOR_H

#endif
