/* SPDX-License-Identifier: 0BSD
   tn_sizes.h: arithmetic of sizes in generated C: mathematical integers, division rounds down.
     tn_floor_div(-7, 2)  ->  -4 */
#ifndef TN_SIZES_H
#define TN_SIZES_H
#include <stdint.h>

static inline int64_t tn_min(int64_t a, int64_t b) { return a < b ? a : b; }
static inline int64_t tn_max(int64_t a, int64_t b) { return a > b ? a : b; }
static inline int64_t tn_floor_div(int64_t a, int64_t b) { return a / b - (a % b < 0); }
static inline int64_t tn_floor_mod(int64_t a, int64_t b) { return a - tn_floor_div(a, b) * b; }

#endif
