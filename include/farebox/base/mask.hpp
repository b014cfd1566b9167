// Phone numbers as they may be shown and logged: 79121234345 -> 7912xxxx345.
#pragma once

#include <string>
#include <string_view>

namespace farebox {

// Keeps the first four and the last three digits; a number of fewer than nine digits keeps its
// first two only. A name (an alphanumeric sender with fewer than five digits) stays as it is.
std::string mask_msisdn(std::string_view address);

} // namespace farebox
