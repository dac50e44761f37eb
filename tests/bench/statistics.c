/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is said of many measurements. */
#include "bench/statistics.h"

#include <stdlib.h>

static int compare(const void *a, const void *b)
{
        double left = *(const double *)a, right = *(const double *)b;

        return (left > right) - (left < right);
}

static double quantile(const double *sorted, size_t n, double fraction)
{
        double position = fraction * (double)(n - 1);
        size_t below = (size_t)position;
        double next = below + 1 < n ? sorted[below + 1] : sorted[below];

        return sorted[below] + (position - (double)below) * (next - sorted[below]);
}

struct quartiles quartiles_of(double *values, size_t n)
{
        qsort(values, n, sizeof(*values), compare);
        return (struct quartiles){quantile(values, n, 0.25), quantile(values, n, 0.5),
                                  quantile(values, n, 0.75)};
}

/* The number of values below the median is binomial: 1.96 standard deviations to each side of the
 * middle. */
struct confidence confidence_of_median(double *values, size_t n)
{
        double reach, low, high;
        size_t root = 1;

        while ((root + 1) * (root + 1) <= n)
                root++;
        reach = 0.98 / (double)root;
        low = 0.5 - reach;
        high = 0.5 + reach;
        qsort(values, n, sizeof(*values), compare);
        return (struct confidence){quantile(values, n, low > 0 ? low : 0),
                                   quantile(values, n, high < 1 ? high : 1)};
}
