// Sliding windows over spatial axes, as convolution and pooling use them.
#pragma once

#include "ir/high/ops/helpers.h"

namespace tenon::high {

/// One spatial axis of a window: tap r of window i looks at input[i * stride + r * dilation -
/// pad_begin].
struct WindowAxis {
  Expr extent;  // of the input
  int64_t kernel = 1, stride = 1, dilation = 1, pad_begin = 0, pad_end = 0;

  /// Number of windows. With `ceil_mode` a last window may hang over the end, if it starts before
  /// the end padding.
  Expr windows(bool ceil_mode) const;
  /// Where the tap looks.
  Expr tap(Expr window, Expr r) const;
};

/// The attributes strides, dilations and pads (begin of each axis, then end of each axis), empty
/// ones at their defaults, for an input whose spatial axes start at axis 2; fails on values that
/// make no sense. `kernel` has one extent per axis.
std::vector<WindowAxis> window_axes(InferContext& context, const std::vector<int64_t>& kernel);
std::vector<WindowAxis> window_axes(const Attributes& attributes,
                                    const std::vector<Expr>& input_shape,
                                    const std::vector<int64_t>& kernel);

/// The condition that all taps look inside of the input; null where that always holds.
Expr inside(const ComputeContext& context, const std::vector<WindowAxis>& axes,
            const std::vector<loop::Axis>& windows, const std::vector<loop::Axis>& taps);

/// Attribute rows strides, dilations and pads.
std::vector<AttributeSchema> window_attributes(std::vector<AttributeSchema> others);

/// Names for up to three spatial axes and their taps.
std::string_view spatial_letters(size_t rank);  // "w", "hw", "dhw"
std::string_view tap_letters(size_t rank);      // "s", "rs", "qrs"

}  // namespace tenon::high
