// JSON for people: a list as a table, an object as lines.
#pragma once

#include <boost/json/value.hpp>

#include <span>
#include <string>
#include <string_view>

namespace farebox::cli {

// A column shows the member at `path`, members of members by dots: "window.used".
struct column {
  std::string_view title;
  std::string_view path;
};

// Columns as wide as their widest cell; text is counted in code points.
std::string table(const boost::json::array& rows, std::span<const column> columns);

// "name: value", one line for each member; members of members indented.
std::string lines(const boost::json::object& row);

} // namespace farebox::cli
