// Every limit of the HTTP side, with its reason.
#pragma once

#include "farebox/base/time.hpp"

#include <cstddef>

namespace farebox::http::limits {

// The guard of requests: no honest client of ours comes near, and a smuggler needs room.
inline constexpr std::size_t head_size_max = 8 * 1024; // request line and fields
inline constexpr std::size_t fields_max = 64;
inline constexpr std::size_t body_size_max = 64 * 1024; // the largest is a service's settings
inline constexpr std::size_t parameters_max = 16;       // of a query; the longest of ours has 5

// Each connection costs a descriptor and at most 72 KiB; the links need their descriptors too.
inline constexpr std::size_t connections_max = 512;

inline constexpr seconds idle_timeout{60};    // a kept-alive connection without a request
inline constexpr seconds receive_timeout{10}; // from a request's first octet to its last
inline constexpr seconds answer_timeout{5};   // from a request's last octet to the answer
inline constexpr seconds send_timeout{30};    // a phone on a bad network reads a page in this time
inline constexpr seconds stop_timeout{2};     // answers under way at the end of the process

// Requests that wait for the writer at once: beyond it the answer is 503 with Retry-After.
inline constexpr std::size_t tickets_max = 1024;

// Different phones that a partner may look for in vain in a day: the four masked digits of one
// phone would take most of a year.
inline constexpr std::size_t phones_missed_per_day_max = 50;

inline constexpr std::size_t code_size_max = 64;   // an unlock code as a subscriber types it
inline constexpr std::size_t name_size_max = 200;  // a partner's or a service's name
inline constexpr std::size_t settings_max = 32;    // of one service
inline constexpr std::size_t setting_size_max = 4096; // holds a reply of ten segments in UTF-8
inline constexpr std::size_t statistics_rows_max = 20'000; // 10 MB of JSON; then ask for less
inline constexpr hours statistics_span_max{24 * 400};      // thirteen months
inline constexpr std::size_t alarms_shown_max = 50;
inline constexpr int trace_lines_max = 1000;

} // namespace farebox::http::limits
