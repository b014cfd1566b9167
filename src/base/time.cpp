#include "farebox/base/time.hpp"

#include <fmt/format.h>

#include <charconv>

namespace farebox {

std::string to_iso8601(utc_time time) {
  using namespace std::chrono;
  const auto since_epoch = time.time_since_epoch();
  const auto whole_days = floor<days>(since_epoch);
  const year_month_day date{sys_days{whole_days}};
  const hh_mm_ss clock{floor<seconds>(since_epoch - whole_days)};
  const auto fraction = (since_epoch - floor<seconds>(since_epoch)).count();
  auto text = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", int{date.year()},
                          unsigned{date.month()}, unsigned{date.day()}, clock.hours().count(),
                          clock.minutes().count(), clock.seconds().count());
  if (fraction != 0) text += fmt::format(".{:06}", fraction);
  return text + "Z";
}

namespace {

// Reads exactly `width` digits and the separator after them; 0 as separator means none.
bool take(std::string_view& text, std::size_t width, char separator, int& value) {
  if (text.size() < width + (separator ? 1 : 0)) return false;
  for (std::size_t i = 0; i < width; ++i)
    if (text[i] < '0' || text[i] > '9') return false;
  std::from_chars(text.data(), text.data() + width, value);
  text.remove_prefix(width);
  if (!separator) return true;
  if (text.front() != separator) return false;
  text.remove_prefix(1);
  return true;
}

} // namespace

std::optional<utc_time> parse_iso8601(std::string_view text) {
  using namespace std::chrono;
  int y = 0, mo = 0, d = 0, h = 0, mi = 0, s = 0;
  if (!take(text, 4, '-', y) || !take(text, 2, '-', mo) || !take(text, 2, '\0', d)) return {};
  const year_month_day date{year{y}, month{static_cast<unsigned>(mo)},
                            day{static_cast<unsigned>(d)}};
  if (!date.ok()) return {};
  const auto midnight = duration_cast<microseconds>(sys_days{date}.time_since_epoch());
  if (text.empty()) return utc_time{midnight};
  if (text.front() != 'T') return {};
  text.remove_prefix(1);
  if (!take(text, 2, ':', h) || !take(text, 2, ':', mi) || !take(text, 2, '\0', s)) return {};
  if (h > 23 || mi > 59 || s > 59) return {};
  std::int64_t fraction = 0;
  if (!text.empty() && text.front() == '.') {
    text.remove_prefix(1);
    std::size_t digits = 0;
    while (digits < text.size() && text[digits] >= '0' && text[digits] <= '9') ++digits;
    if (digits == 0 || digits > 6) return {};
    for (std::size_t i = 0; i < 6; ++i)
      fraction = fraction * 10 + (i < digits ? text[i] - '0' : 0);
    text.remove_prefix(digits);
  }
  if (text != "Z") return {};
  return utc_time{midnight + std::chrono::hours{h} + std::chrono::minutes{mi} +
                  std::chrono::seconds{s} + microseconds{fraction}};
}

} // namespace farebox
