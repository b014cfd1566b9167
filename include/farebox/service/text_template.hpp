// Reply texts with placeholders: "You paid {price} {currency}." A brace is written twice: "{{".
#pragma once

#include "farebox/base/result.hpp"
#include "farebox/service/kind.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace farebox::services {

// Octets of a template: ten segments of UCS-2 text; more is a mistake.
inline constexpr std::size_t template_octets_max = 2'000;

// What may stand in braces. `code` is for kinds that mint one.
enum class placeholder : std::uint8_t {
  argument, // as typed
  keyword,  // as configured
  price,    // what the phone pays for the message, "1.50"; empty without a tariff
  currency, // "EUR"; empty without a tariff
  partner,  // the partner's ID
  service,  // the service's title
  number,   // the service's number, two digits
  message,  // the message's number
  code      // the minted code
};

class text_template {
 public:
  text_template() = default;

  // Refuses an unknown placeholder (`code` unless it is allowed), a single brace, an empty text and
  // one that is too long.
  static result<text_template> parse(std::string_view text, bool code_allowed = false);

  bool has(placeholder p) const;
  std::string fill(const order& order, std::string_view code = {}) const;

 private:
  struct piece {
    std::string literal; // stands before the placeholder
    bool is_placeholder = false;
    placeholder what{};
  };
  std::vector<piece> pieces_;
};

} // namespace farebox::services
