// Damm's check digit (H. M. Damm, 2004): finds every single wrong digit and every swap of
// neighbours.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace farebox {

// The digit to append to `digits`; nullopt if another character occurs or the text is empty.
std::optional<char> damm_check_digit(std::string_view digits);

// True if the last digit is the check digit of those before it.
bool damm_is_valid(std::string_view digits);

} // namespace farebox
