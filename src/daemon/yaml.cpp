#include "yaml.hpp"

#include "farebox/text/utf8.hpp"

#include <fmt/format.h>
#include <yaml-cpp/depthguard.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <glob.h>
#include <span>
#include <sstream>
#include <sys/stat.h>
#include <tuple>
#include <unistd.h>
#include <utility>

namespace farebox::daemon {

namespace {

using kind = yaml_node::kind;

constexpr std::size_t excerpt_size_max = 120; // a path fits, a novel does not

// What stops the reading of a file: nothing behind it could be understood.
struct syntax_error {
  place at;
  std::string message;
};

// Receives yaml-cpp's events. Nodes that are not complete yet wait on a stack.
class tree_builder : public YAML::EventHandler {
 public:
  tree_builder(std::string file, error_list& errors) : file_(std::move(file)), errors_(errors) {}

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t) override { add(node(kind::null, mark)); }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    throw syntax_error{at(mark), "an alias (*name) is not supported: write the value out"};
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                const std::string& value) override {
    auto scalar = node(kind::scalar, mark, tag);
    scalar.text = value;
    add(std::move(scalar));
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {
    open_.push_back(node(kind::list, mark, tag));
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {
    open_.push_back(node(kind::map, mark, tag));
  }
  void OnMapEnd() override { close(); }

  place at(const YAML::Mark& mark) const {
    return mark.is_null() ? place{file_, 1, 1} : place{file_, mark.line + 1, mark.column + 1};
  }

  yaml_node root;

 private:
  // yaml-cpp says "?" for a plain and "!" for a quoted scalar without a tag.
  yaml_node node(kind what, const YAML::Mark& mark, const std::string& tag = {}) const {
    if (!tag.empty() && tag != "?" && tag != "!")
      throw syntax_error{at(mark), "a tag (" + excerpt(tag) + ") is not supported"};
    yaml_node made;
    made.what = what;
    made.at = at(mark);
    return made;
  }

  void close() {
    auto done = std::move(open_.back());
    open_.pop_back();
    add(std::move(done));
  }

  void add(yaml_node child) {
    if (open_.empty()) {
      root = std::move(child);
    } else if (auto& parent = open_.back(); parent.is(kind::list) || awaits_value(parent)) {
      // A value that is not there has no place of its own.
      if (parent.is(kind::map) && child.is(kind::null)) child.at = parent.keys.back().at;
      parent.items.push_back(std::move(child));
    } else {
      add_key(parent, std::move(child));
    }
  }

  static bool awaits_value(const yaml_node& map) { return map.items.size() < map.keys.size(); }

  void add_key(yaml_node& map, yaml_node key) {
    if (!key.is(kind::scalar)) throw syntax_error{key.at, "a key must be a word"};
    if (map.keys.size() == yaml_map_keys_max)
      throw syntax_error{key.at,
                         fmt::format("more than {} keys in one section", yaml_map_keys_max)};
    for (const auto& other : map.keys)
      if (other.text == key.text)
        errors_.add(key.at, fmt::format("'{}' is given twice, first at line {}", excerpt(key.text),
                                        other.at.line));
    map.keys.push_back(std::move(key));
  }

  std::string file_;
  error_list& errors_;
  std::vector<yaml_node> open_;
};

// yaml-cpp takes some control characters for the end of the file and guesses at other encodings:
// both would leave settings out without a word.
void check_characters(std::string_view text, const std::string& name) {
  place at{name, 1, 1};
  for (std::size_t i = 0; i < text.size();) {
    const auto start = i;
    const auto c = text::next_code_point(text, i);
    if (c == text::replacement_character && text.substr(start, i - start) != "\xEF\xBF\xBD")
      throw syntax_error{at, "not UTF-8"};
    if ((c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7F)
      throw syntax_error{at, fmt::format("control character 0x{:02x}", static_cast<unsigned>(c))};
    at = c == '\n' ? place{name, at.line + 1, 1} : place{name, at.line, at.column + 1};
  }
}

// Reads one file and, depth first, those that it includes.
class loader {
 public:
  loader(error_list& errors, std::vector<std::string>& files) : errors_(errors), files_(files) {}

  std::optional<yaml_node> load(const std::string& path, const place& asked_at) {
    files_.push_back(path);
    const auto text = read_file(path, yaml_file_size_max);
    if (!text) return errors_.add(asked_at, text.error().detail), std::nullopt;
    auto root = parse_yaml(*text, path, errors_);
    if (!root) return {};
    if (root->is(kind::null)) root->what = kind::map; // only comments
    if (!root->is(kind::map)) {
      errors_.add(root->at, "expected a section: lines of 'key: value'");
      return {};
    }
    chain_.push_back(path);
    include_all(*root);
    chain_.pop_back();
    return root;
  }

 private:
  void include_all(yaml_node& root) {
    const auto* found = root.find("include");
    if (!found) return;
    const auto index = static_cast<std::ptrdiff_t>(found - root.items.data());
    const auto patterns = std::move(root.items[static_cast<std::size_t>(index)]);
    root.keys.erase(root.keys.begin() + index);
    root.items.erase(root.items.begin() + index);
    const auto list = patterns.is(kind::list) ? std::span(patterns.items) : std::span(&patterns, 1);
    for (const auto& pattern : list)
      for (const auto& path : expand(pattern)) include(root, path, pattern.at);
  }

  // Relative to the including file. A pattern may match nothing; a plain name must be there.
  std::vector<std::string> expand(const yaml_node& pattern) {
    if (!pattern.is(kind::scalar) || pattern.text.empty()) {
      errors_.add(pattern.at, "include: expected a file name or a list of them");
      return {};
    }
    const auto path = (std::filesystem::path(chain_.back()).parent_path() / pattern.text).string();
    if (path.find_first_of("*?[") == path.npos) return {path};
    glob_t found{};
    std::vector<std::string> paths;
    if (glob(path.c_str(), 0, nullptr, &found) == 0)
      paths.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
    globfree(&found);
    return paths;
  }

  void include(yaml_node& root, const std::string& path, const place& at) {
    if (std::ranges::any_of(chain_, [&](auto& f) { return is_same(f, path); }))
      return errors_.add(at, excerpt(path) + " includes itself");
    if (std::ranges::any_of(files_, [&](auto& f) { return is_same(f, path); }))
      return errors_.add(at, excerpt(path) + " is included twice");
    if (chain_.size() > yaml_include_depth_max)
      return errors_.add(at, fmt::format("includes nested deeper than {}", yaml_include_depth_max));
    if (files_.size() == yaml_files_max)
      return errors_.add(at, fmt::format("more than {} files", yaml_files_max));
    if (auto part = load(path, at)) merge(root, std::move(*part));
  }

  static bool is_same(const std::string& a, const std::string& b) {
    std::error_code missing;
    return a == b || std::filesystem::equivalent(a, b, missing);
  }

  void merge(yaml_node& into, yaml_node part) {
    for (std::size_t i = 0; i < part.keys.size(); ++i) {
      const auto& key = part.keys[i];
      auto& value = part.items[i];
      const auto same = std::ranges::find(into.keys, key.text, &yaml_node::text);
      if (same == into.keys.end()) {
        into.keys.push_back(key);
        into.items.push_back(std::move(value));
        continue;
      }
      auto& there = into.items[static_cast<std::size_t>(same - into.keys.begin())];
      if (there.is(kind::list) && value.is(kind::list))
        std::ranges::move(value.items, std::back_inserter(there.items));
      else
        errors_.add(key.at, fmt::format("'{}' is given twice, first at {}", excerpt(key.text),
                                        to_text(same->at)));
    }
  }

  error_list& errors_;
  std::vector<std::string>& files_;
  std::vector<std::string> chain_; // from the first file to the one that is being read
};

void set_place(yaml_node& node, const place& at) {
  node.at = at;
  for (auto& key : node.keys) set_place(key, at);
  for (auto& item : node.items) set_place(item, at);
}

// The item of a list that has this name or number, else this index.
yaml_node* find_item(yaml_node& list, std::string_view step) {
  for (auto& item : list.items)
    for (const auto key : {"name", "number"})
      if (const auto* value = item.find(key); value && value->text == step) return &item;
  std::size_t index = 0;
  const auto [end, error] = std::from_chars(step.data(), step.data() + step.size(), index);
  const bool is_index = error == std::errc{} && end == step.data() + step.size();
  return is_index && index < list.items.size() ? &list.items[index] : nullptr;
}

// The value under this key or item, made if it is missing; nullptr if that cannot be.
yaml_node* step_into(yaml_node& parent, std::string_view step, const place& at) {
  if (parent.is(kind::list)) return find_item(parent, step);
  if (parent.is(kind::null)) parent.what = kind::map;
  if (!parent.is(kind::map) || step.empty()) return nullptr;
  if (parent.find(step)) return const_cast<yaml_node*>(parent.find(step));
  parent.keys.push_back({kind::scalar, at, std::string(step), {}, {}});
  return &parent.items.emplace_back(yaml_node{kind::null, at, {}, {}, {}});
}

std::string reason() { return std::strerror(errno); }

} // namespace

std::string to_text(const place& at) {
  return at.line > 0 ? fmt::format("{}:{}:{}", at.file, at.line, at.column) : at.file;
}

void error_list::add(const place& at, std::string_view message) {
  errors_.push_back({at, std::string(message)});
}

std::string error_list::to_lines(const std::vector<std::string>& files,
                                 std::size_t lines_max) const {
  auto sorted = errors_;
  const auto rank = [&](const error& e) {
    const auto file = std::ranges::find(files, e.at.file) - files.begin();
    return std::tuple(e.at.line == 0 ? -1 : file, e.at.line, e.at.column);
  };
  std::ranges::stable_sort(sorted, {}, rank);
  std::string lines;
  for (std::size_t i = 0; i < std::min(sorted.size(), lines_max); ++i) {
    auto line = fmt::format("{}: {}", to_text(sorted[i].at), sorted[i].message);
    std::ranges::replace_if(line, [](char c) { return c >= 0 && c < ' '; }, '?');
    lines += (i ? "\n" : "") + line;
  }
  return lines;
}

const yaml_node* yaml_node::find(std::string_view key) const {
  for (std::size_t i = 0; i < keys.size() && i < items.size(); ++i)
    if (keys[i].text == key) return &items[i];
  return nullptr;
}

std::optional<yaml_node> parse_yaml(const std::string& text, const std::string& name,
                                    error_list& errors) {
  tree_builder builder(name, errors);
  try {
    check_characters(text, name);
    // With a line's end, so that what is missing at the end of the file has a place there.
    std::istringstream in(text.ends_with('\n') ? text : text + "\n");
    YAML::Parser parser(in);
    if (!parser.HandleNextDocument(builder)) builder.root.at = {name, 1, 1};
    auto first = std::move(builder.root);
    if (parser.HandleNextDocument(builder))
      throw syntax_error{builder.root.at, "a second document (---): one file holds one"};
    return first;
  } catch (const syntax_error& error) {
    errors.add(error.at, error.message);
  } catch (const YAML::DeepRecursion& error) {
    errors.add(builder.at(error.mark), "not YAML: nested too deeply");
  } catch (const YAML::Exception& error) {
    errors.add(builder.at(error.mark), "not YAML: " + error.msg);
  }
  return {};
}

std::optional<yaml_node> load_yaml(const std::string& path, error_list& errors,
                                   std::vector<std::string>& files) {
  return loader(errors, files).load(path, {path, 1, 1});
}

void apply_override(yaml_node& root, std::string_view assignment, error_list& errors) {
  const auto equals = assignment.find('=');
  auto path = assignment.substr(0, equals);
  const place at{"--set " + excerpt(path), 0, 0};
  if (equals == assignment.npos || path.empty())
    return errors.add({"--set", 0, 0}, "expected key=value, got '" + excerpt(assignment) + "'");

  error_list syntax;
  const std::string value(assignment.substr(equals + 1));
  auto parsed = parse_yaml(value, "", syntax);
  if (!parsed || !syntax.empty())
    return errors.add(at, "the value '" + excerpt(value) + "' is not YAML");
  if (value.empty()) parsed->what = kind::scalar; // an empty text, not a missing value

  auto* node = &root;
  for (bool more = true; more;) {
    const auto dot = path.find('.');
    const auto step = path.substr(0, dot);
    const bool in_list = node->is(kind::list);
    node = step_into(*node, step, at);
    if (!node)
      return errors.add(at, fmt::format("'{}' is not {}", excerpt(step),
                                        in_list ? "the name, number or index of an item"
                                                : "inside a section"));
    more = dot != path.npos;
    path.remove_prefix(more ? dot + 1 : 0);
  }
  set_place(*parsed, at);
  *node = std::move(*parsed);
}

result<std::string> read_file(const std::string& path, std::size_t size_max, bool private_only) {
  const auto cannot = [&](const std::string& why) {
    return failure{failure_kind::not_found, fmt::format("cannot read {}: {}", excerpt(path), why)};
  };
  struct descriptor {
    int number;
    ~descriptor() {
      if (number >= 0) close(number);
    }
  } const file{open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  struct stat state {};
  if (file.number < 0 || fstat(file.number, &state) != 0) return cannot(reason());
  if (!S_ISREG(state.st_mode)) return cannot("not a regular file");
  if (private_only && (state.st_mode & S_IRWXO) != 0)
    return failure{failure_kind::forbidden,
                   fmt::format("every user may use {} (mode {:04o}): chmod o= it", excerpt(path),
                               state.st_mode & 07777U)};
  std::string content(size_max + 1, '\0');
  std::size_t size = 0;
  for (ssize_t got = 1; got > 0 && size < content.size();) {
    got = read(file.number, content.data() + size, content.size() - size);
    if (got < 0) return cannot(reason());
    size += static_cast<std::size_t>(got);
  }
  if (size > size_max) return cannot(fmt::format("longer than {} octets", size_max));
  content.resize(size);
  return content;
}

std::string excerpt(std::string_view text) {
  std::string clean(text.substr(0, text::utf8_prefix(text, excerpt_size_max)));
  std::ranges::replace_if(clean, [](char c) { return (c >= 0 && c < ' ') || c == 0x7F; }, '?');
  if (clean.size() < text.size()) clean += "...";
  return clean;
}

} // namespace farebox::daemon
