#include "table.hpp"

#include <boost/json/serialize.hpp>

#include <algorithm>
#include <vector>

namespace farebox::cli {

namespace {

namespace json = boost::json;

// Control characters would let a message text rewrite the terminal.
std::string harmless(std::string_view text) {
  std::string out;
  for (const char c : text) out += static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? ' ' : c;
  return out;
}

std::string cell(const json::value& value) {
  if (value.is_null()) return "-";
  if (value.is_string()) return harmless(std::string_view(value.get_string()));
  if (value.is_bool()) return value.get_bool() ? "yes" : "no";
  return json::serialize(value);
}

const json::value& member(const json::value& row, std::string_view path) {
  static const json::value none;
  const auto* object = row.if_object();
  const auto dot = path.find('.');
  const auto* found = object ? object->if_contains(path.substr(0, dot)) : nullptr;
  if (!found) return none;
  return dot == path.npos ? *found : member(*found, path.substr(dot + 1));
}

std::size_t width(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

void append_lines(std::string& out, const json::object& row, std::size_t indent) {
  for (const auto& [key, value] : row) {
    out.append(indent, ' ').append(key).append(": ");
    if (const auto* object = value.if_object()) {
      out += '\n';
      append_lines(out, *object, indent + 2);
    } else {
      out.append(cell(value)) += '\n';
    }
  }
}

} // namespace

std::string table(const json::array& rows, std::span<const column> columns) {
  std::vector<std::vector<std::string>> cells{{}};
  for (const auto& c : columns) cells.front().emplace_back(c.title);
  for (const auto& row : rows) {
    auto& line = cells.emplace_back();
    for (const auto& c : columns) line.push_back(cell(member(row, c.path)));
  }
  std::vector<std::size_t> widths(columns.size());
  for (const auto& line : cells)
    for (std::size_t i = 0; i < line.size(); ++i) widths[i] = std::max(widths[i], width(line[i]));
  std::string out;
  for (const auto& line : cells) {
    for (std::size_t i = 0; i < line.size(); ++i) {
      out += line[i];
      if (i + 1 < line.size()) out.append(widths[i] - width(line[i]) + 2, ' ');
    }
    out += '\n';
  }
  return out;
}

std::string lines(const json::object& row) {
  std::string out;
  append_lines(out, row, 0);
  return out;
}

} // namespace farebox::cli
