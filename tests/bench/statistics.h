/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is said of many measurements. */
#ifndef BENCH_STATISTICS_H
#define BENCH_STATISTICS_H

#include <stddef.h>

struct quartiles {
        double first, median, third;
};
/* Sorts the values. */
struct quartiles quartiles_of(double *values, size_t n);

/* An interval that holds the true median with 95 % confidence, whatever the distribution. Sorts. */
struct confidence {
        double low, high;
};
struct confidence confidence_of_median(double *values, size_t n);

#endif
