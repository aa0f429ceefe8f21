// Comparing arrays within a tolerance.
#include "driver/compare.h"

#include <algorithm>

namespace tenon::driver {
namespace {

std::string position(int64_t index, const std::vector<int64_t>& shape) {
  std::string text;
  for (size_t d = shape.size(); d-- > 0; index /= std::max<int64_t>(shape[d], 1))
    text =
        std::to_string(index % std::max<int64_t>(shape[d], 1)) + (text.empty() ? "" : ", ") + text;
  return "[" + text + "]";
}

std::string at_text(int64_t index, const Array& found, const Array& expected) {
  char text[96];
  std::snprintf(text, sizeof text, ": found %.9g, expected %.9g", element(found, index),
                element_as(found.type, expected, index));
  return position(index, found.shape) + text;
}

}  // namespace

std::string type_text(const Array& array) {
  std::string text = std::string(name_of(array.type)) + "[";
  for (size_t i = 0; i < array.shape.size(); ++i)
    text += (i ? ", " : "") + std::to_string(array.shape[i]);
  return text + "]";
}

Comparison compare(const Array& found, const Array& expected, const Tolerance& tolerance) {
  Comparison result;
  result.same_kind =
      numpy_type(found.type) == numpy_type(expected.type) && found.shape == expected.shape;
  if (!result.same_kind) return result;
  double most = 0, size = 0, worst = -1;
  for (int64_t i = 0; i < found.element_count(); ++i)
    if (double b = element_as(found.type, expected, i); std::isfinite(b))
      size = std::max(size, std::fabs(b));
  double absolute = tolerance.absolute * (tolerance.scaled ? std::max(size, 1.0) : 1.0);
  for (int64_t i = 0; i < found.element_count(); ++i) {
    double a = element(found, i), b = element_as(found.type, expected, i);
    if (a == b || (std::isnan(a) && std::isnan(b))) continue;
    // A value that is not finite differs more than any number.
    double difference = std::fabs(a - b);
    if (!std::isfinite(difference)) difference = INFINITY;
    most = std::max(most, difference);
    if (std::isfinite(b) && difference <= absolute + tolerance.relative * std::fabs(b)) continue;
    if (result.differing++ == 0) result.first = i;
    if (difference > worst) worst = difference, result.worst = i;
  }
  if (most > 0) result.largest = size > 0 ? most / size : INFINITY;
  return result;
}

std::string describe(const Comparison& comparison, const Array& found, const Array& expected) {
  if (!comparison.same_kind)
    return "it is " + type_text(found) + ", expected is " + type_text(expected);
  std::string text = std::to_string(comparison.differing) + " of " +
                     std::to_string(found.element_count()) + " elements differ, first at " +
                     at_text(comparison.first, found, expected);
  if (comparison.worst != comparison.first)
    text += ", most at " + at_text(comparison.worst, found, expected);
  return text;
}

}  // namespace tenon::driver
