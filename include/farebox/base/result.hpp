// A value or a failure. A failure is returned up to the one place that logs or answers it;
// exceptions are left to start-up and to broken invariants.
#pragma once

#include <boost/system/result.hpp>

#include <iosfwd>
#include <string>
#include <string_view>
#include <utility>

namespace farebox {

enum class failure_kind {
  invalid,     // the input is wrong; the detail says where and what would be right
  not_found,   // it is not there, or not the asker's to see
  conflict,    // it is there already, with other content
  forbidden,   // known, but not allowed
  exhausted,   // a named limit was reached
  unavailable, // cannot now; trying again later is right (a full disk, a busy peer)
  corrupt,     // what was stored is not what was written
  fatal        // going on would make it worse (an I/O error on the write path)
};

std::string_view name_of(failure_kind kind);

struct failure {
  failure_kind kind = failure_kind::invalid;
  std::string detail;
};

std::ostream& operator<<(std::ostream& out, const failure& what); // "kind: detail"

// A failure that nobody looked at becomes an exception: that is a bug, not an error.
[[noreturn]] void throw_exception_from_error(const failure& error, const boost::source_location&);

template <class T>
using result = boost::system::result<T, failure>;

inline failure invalid(std::string detail) { return {failure_kind::invalid, std::move(detail)}; }
inline failure not_found(std::string detail) {
  return {failure_kind::not_found, std::move(detail)};
}
inline failure conflict(std::string detail) { return {failure_kind::conflict, std::move(detail)}; }
inline failure unavailable(std::string detail) {
  return {failure_kind::unavailable, std::move(detail)};
}

// An invariant that money depends on: checked in release too. Throws std::logic_error.
[[noreturn]] void broken_invariant(std::string_view what);
inline void ensure(bool holds, std::string_view what) {
  if (!holds) broken_invariant(what);
}

} // namespace farebox
