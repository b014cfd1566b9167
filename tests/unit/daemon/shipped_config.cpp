// Goal: the shipped configuration is right, complete and true, and so is its documentation.
// Method: it is loaded as it is; then every line "#key: value" loses its #, which must give a right
// configuration too, show every key that there is, and name each default as the code has it.
#include "farebox/daemon/config.hpp"

#include "daemon/yaml.hpp"
#include "files.hpp"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <regex>
#include <set>
#include <sstream>

namespace farebox::daemon {

namespace {

namespace fs = std::filesystem;

const std::string conf = std::string(FAREBOX_SOURCE_DIR) + "/conf";

// Copies conf/ into the folder, each line changed; examples become files that are read.
void copy_conf(const test_folder& folder, const std::function<std::string(std::string)>& change) {
  for (const auto& entry : fs::recursive_directory_iterator(conf)) {
    if (!entry.is_regular_file()) continue;
    auto name = fs::relative(entry.path(), conf).string();
    if (name.ends_with(".example")) name.erase(name.size() - 8);
    std::istringstream lines(content_of(entry.path().string()));
    std::string text, line;
    while (std::getline(lines, line)) text += change(line) + "\n";
    folder.write(name, text);
  }
  for (const auto name : {"demo-mo", "demo-mt", "example-operator"})
    folder.write(std::string("credentials/") + name, "secret");
}

// "    #key: value" and the lines below it, "    #  - item". Prose has a space behind its #.
const std::regex commented(R"(^(\s*)#((  )?([a-z_0-9]+:|- ).*)$)");

std::string uncommented(const std::string& line) {
  return std::regex_replace(line, commented, "$1$2");
}

// What stands under each key, lists left out of the path: "operators.binds.window" -> "10".
struct shown_value {
  place at;
  std::string text;
};
void collect(const yaml_node& node, const std::string& path,
             std::multimap<std::string, shown_value>& out) {
  std::string scalars;
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    const auto below = !node.is(yaml_node::kind::map) ? path
                       : path.empty()                 ? node.keys[i].text
                                                      : path + "." + node.keys[i].text;
    if (node.is(yaml_node::kind::list) && node.items[i].is(yaml_node::kind::scalar))
      scalars += (scalars.empty() ? "" : ", ") + node.items[i].text;
    else
      collect(node.items[i], below, out);
  }
  const auto text = node.is(yaml_node::kind::list) ? "[" + scalars + "]" : node.text;
  if (!path.empty()) out.emplace(path, shown_value{node.at, text});
}

load_options options_for(const test_folder& folder) {
  load_options options;
  options.credentials_directory = folder.path("credentials");
  return options;
}

} // namespace

TEST_CASE("the shipped configuration loads") {
  const test_folder folder;
  copy_conf(folder, [](std::string line) { return line; });
  fs::remove(folder.path("operators.d/example-operator.yaml"));
  const auto loaded = load_config(folder.path("farebox.yaml"), options_for(folder));
  REQUIRE_MESSAGE(loaded.has_value(), loaded.error().detail);
  REQUIRE(loaded->operators.size() == 2);
  CHECK(loaded->operators[0].info.name == "demo-mo");
  CHECK(loaded->operators[0].binds.size() == 2);
  CHECK(loaded->operators[1].info.name == "demo-mt");
  CHECK(loaded->operators[1].binds[0].type == smpp::bind_kind::transmitter);
  CHECK(loaded->short_codes.size() == 2);
  CHECK(loaded->tariffs[1].value.values.when == charged::on_mt);
  CHECK(loaded->files.size() == 5);
  CHECK(loaded->warnings.empty());
}

TEST_CASE("the shipped configuration shows every key with its default") {
  const test_folder folder;
  copy_conf(folder, uncommented);
  auto options = options_for(folder);
  const auto loaded = load_config(folder.path("farebox.yaml"), options);
  REQUIRE_MESSAGE(loaded.has_value(), loaded.error().detail);

  error_list errors;
  std::vector<std::string> files;
  const auto root = load_yaml(folder.path("farebox.yaml"), errors, files);
  REQUIRE(root.has_value());
  std::multimap<std::string, shown_value> shown;
  collect(*root, "", shown);

  const auto is_commented = [](const place& at) {
    const auto name = fs::path(at.file).filename().string();
    for (const auto& entry : fs::recursive_directory_iterator(conf)) {
      const auto shipped = entry.path().filename().string();
      if (shipped != name && shipped != name + ".example") continue;
      std::istringstream lines(content_of(entry.path().string()));
      std::string line;
      for (int i = 0; i < at.line; ++i) std::getline(lines, line);
      return std::regex_match(line, commented);
    }
    return false;
  };
  for (const auto& key : config_keys()) {
    CAPTURE(key.path);
    if (key.path == "include" || key.path.ends_with("password_file")) continue; // see the prose
    CHECK(shown.contains(key.path));
    if (key.fallback.empty() || key.fallback == "required") continue;
    const auto [first, last] = shown.equal_range(key.path);
    for (auto i = first; i != last; ++i)
      if (is_commented(i->second.at)) CHECK(i->second.text == key.fallback);
  }
}

TEST_CASE("the example of the documentation loads") {
  const test_folder folder;
  const auto text = content_of(std::string(FAREBOX_SOURCE_DIR) + "/docs/configuration.md");
  constexpr std::string_view begin = "```yaml\n", end = "```";
  std::string all; // each block is a list of its own, as in the files that it describes
  for (std::size_t at = text.find(begin); at != text.npos; at = text.find(begin, at + 1)) {
    const auto start = at + begin.size();
    all += text.substr(start, text.find(end, start) - start);
  }
  folder.write("f.yaml", all);
  folder.write("credentials/secret_acme", "the-pass");
  const auto loaded = load_config(folder.path("f.yaml"), options_for(folder));
  REQUIRE_MESSAGE(loaded.has_value(), loaded.error().detail);
  CHECK(loaded->operators.at(0).info.retry_status == 0x64);
  CHECK(loaded->operators.at(0).binds.at(0).password == "the-pass");
  CHECK(loaded->operators.at(0).info.splitting.alphabet ==
        static_cast<std::uint8_t>(text::charset::latin1));
  CHECK(loaded->tariffs.at(0).value.values.price == millionths{2'000'000});
}

TEST_CASE("the documentation holds the reference as the code has it") {
  const auto path = std::string(FAREBOX_SOURCE_DIR) + "/docs/configuration.md";
  auto text = content_of(path);
  constexpr std::string_view begin = "<!-- reference -->\n", end = "<!-- end of reference -->";
  const auto from = text.find(begin), to = text.find(end);
  REQUIRE(from != text.npos);
  REQUIRE(to != text.npos);
  const auto start = from + begin.size();
  if (std::getenv("FAREBOX_WRITE_REFERENCE")) { // how to bring the document up to date
    text.replace(start, to - start, "\n" + config_reference() + "\n");
    std::ofstream(path, std::ios::binary) << text;
    return;
  }
  const bool same = text.substr(start, to - start) == "\n" + config_reference() + "\n";
  CHECK_MESSAGE(same, "run this test with FAREBOX_WRITE_REFERENCE=1 to write it anew");
}

} // namespace farebox::daemon
