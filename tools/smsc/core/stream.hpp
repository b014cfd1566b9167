// Where MOs come from: the lines of a file, or templates filled like people fill them. Pure; the
// same settings give the same stream.
#pragma once

#include "smsc/core/random.hpp"

#include "farebox/base/money.hpp"
#include "farebox/base/result.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace farebox::smsc {

// What a person wrote, from which phone to which short code.
struct mo {
  std::string source;
  std::string destination;
  std::string text; // UTF-8
  friend bool operator==(const mo&, const mo&) = default;
};

struct stream_settings {
  std::vector<mo> lines{}; // taken in turn; an empty source or destination is drawn as below

  // Used without lines; one of them at random each time. Placeholders: {n} the number of the MO
  // from 1, {word}, {digits} (four of them), {phone} the sender.
  std::vector<std::string> templates{};

  std::uint64_t count = 0; // MOs in all; 0: each line once, templates for ever
  std::string source_prefix = "7912"; // phones have 11 digits, or 4 behind a longer prefix
  std::uint64_t phones = 0; // so many different ones; 0: each MO has its own, as far as digits go
  std::vector<std::string> destinations{"1234"}; // one of them at random each time
  rate cyrillic_multipart{}; // this share gets a Cyrillic tail that takes two or three parts
  std::uint64_t seed = 1;
};

class stream {
 public:
  // Throws std::invalid_argument for a template with an unknown placeholder or a bad prefix.
  explicit stream(stream_settings settings);

  std::optional<mo> next();
  bool exhausted() const { return made_ == count_; }
  bool empty() const { return count_ == 0; }      // it never had any
  std::uint64_t size() const { return count_; } // endless: the largest number
  std::uint64_t made() const { return made_; }

 private:
  struct piece {
    enum class kind : std::uint8_t { literal, number, word, digits, phone } what{};
    std::string literal{};
  };
  using pieces = std::vector<piece>;
  static pieces parse_template(std::string_view text);
  std::string phone(std::uint64_t number);
  std::string fill(const pieces& form, const std::string& source);
  void append_cyrillic(std::string& text);

  stream_settings settings_;
  std::vector<pieces> forms_;
  std::uint64_t count_;
  std::uint64_t made_ = 0;
  std::uint64_t numbers_; // different phone numbers behind the prefix
  std::uint64_t first_number_;
  random random_;
};

// A text file, one MO a line: `text`, or `source|destination|text` where the first two are
// addresses or empty. Empty lines are left out. A failure names the line.
result<std::vector<mo>> parse_lines(std::string_view file);

} // namespace farebox::smsc
