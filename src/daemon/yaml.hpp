// YAML as the configuration uses it: a tree of maps, lists and scalars in which every node knows
// its place. yaml-cpp reads the syntax (yaml.cpp); nothing of it shows here.
#pragma once

#include "farebox/base/result.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace farebox::daemon {

// A configuration of hundreds of operators is some 200 KiB; more is another file by mistake.
inline constexpr std::size_t yaml_file_size_max = 1 << 20;
inline constexpr std::size_t yaml_map_keys_max = 200; // the longest section has some 30
inline constexpr std::size_t yaml_include_depth_max = 4;
inline constexpr std::size_t yaml_files_max = 1'000;

// Counted from 1; line 0: no line, as of the command line.
struct place {
  std::string file;
  int line = 1;
  int column = 1;
};
std::string to_text(const place& at); // "file:line:column"

// The mistakes found so far. Each becomes one line whatever its text holds.
class error_list {
 public:
  void add(const place& at, std::string_view message);
  bool empty() const { return errors_.empty(); }
  // In order of `files`, then of lines; what has no line comes first; at most `lines_max`.
  std::string to_lines(const std::vector<std::string>& files, std::size_t lines_max) const;

 private:
  struct error {
    place at;
    std::string message;
  };
  std::vector<error> errors_;
};

struct yaml_node {
  enum class kind { null, scalar, list, map };
  kind what = kind::null;
  place at;
  std::string text;             // of a scalar, as written, without quotes
  std::vector<yaml_node> keys;  // of a map: scalars, one for each item
  std::vector<yaml_node> items; // of a list or map

  bool is(kind k) const { return what == k; }
  const yaml_node* find(std::string_view key) const; // nullptr: none, or not a map
};

// One document. `name` stands in the places. nullopt after a syntax error.
std::optional<yaml_node> parse_yaml(const std::string& text, const std::string& name,
                                    error_list& errors);

// The file at `path` with all that its key `include` names, as one map: lists of the same key are
// joined, any other key may stand in one file only. `files` gets every file, in order of reading.
std::optional<yaml_node> load_yaml(const std::string& path, error_list& errors,
                                   std::vector<std::string>& files);

// "dotted.key=value" of the command line; the value is YAML. See load_options::overrides.
void apply_override(yaml_node& root, std::string_view assignment, error_list& errors);

// A regular file's content. `private_only` refuses one that everybody on the machine may read.
result<std::string> read_file(const std::string& path, std::size_t size_max,
                              bool private_only = false);

// Text of the user for a message: control characters replaced, cut where it is long.
std::string excerpt(std::string_view text);

} // namespace farebox::daemon
