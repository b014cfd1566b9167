#include "farebox/base/result.hpp"

#include <ostream>
#include <stdexcept>

namespace farebox {

std::string_view name_of(failure_kind kind) {
  switch (kind) {
  case failure_kind::invalid: return "invalid";
  case failure_kind::not_found: return "not found";
  case failure_kind::conflict: return "conflict";
  case failure_kind::forbidden: return "forbidden";
  case failure_kind::exhausted: return "exhausted";
  case failure_kind::unavailable: return "unavailable";
  case failure_kind::corrupt: return "corrupt";
  case failure_kind::fatal: return "fatal";
  }
  return "unknown";
}

std::ostream& operator<<(std::ostream& out, const failure& what) {
  return out << name_of(what.kind) << ": " << what.detail;
}

void throw_exception_from_error(const failure& error, const boost::source_location&) {
  throw std::runtime_error(std::string(name_of(error.kind)) + ": " + error.detail);
}

void broken_invariant(std::string_view what) {
  throw std::logic_error("broken invariant: " + std::string(what));
}

} // namespace farebox
