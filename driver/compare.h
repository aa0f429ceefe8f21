// Comparing arrays within a tolerance, and saying how they differ.
//
//   Comparison c = compare(found, expected, {1e-4, 1e-5});
//   if (!c.agrees()) puts(describe(c, found, expected).c_str());
//     ->   3 of 10 elements differ, first at [0, 4]: found 1.5, expected 1.25
#pragma once

#include <cmath>

#include "driver/npz.h"

namespace tenon::driver {

/// Values agree where |found - expected| <= absolute + relative * |expected|, or both are NaN.
struct Tolerance {
  double relative = 1e-4, absolute = 1e-5;
  // Multiplies `absolute` by the largest magnitude expected, where that is above 1: for sums of
  // large terms, whose rounding errors are as large whatever is left of the sum.
  bool scaled = false;
};

struct Comparison {
  bool same_kind = true;  // type and shape
  int64_t differing = 0;  // elements outside of the tolerance
  int64_t first = 0;      // the first of them
  int64_t worst = 0;      // the one with the greatest difference
  double largest = 0;     // difference of any two elements, over the largest magnitude expected
  bool agrees() const { return same_kind && differing == 0; }
};
/// The elements of both are read as those of `found`, whose type is the model's.
Comparison compare(const Array& found, const Array& expected, const Tolerance& tolerance);
/// How they differ, in words; for arrays that do not agree.
std::string describe(const Comparison& comparison, const Array& found, const Array& expected);

/// "f32[1, 3, 224, 224]".
std::string type_text(const Array& array);

}  // namespace tenon::driver
