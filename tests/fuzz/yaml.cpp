// Input: a configuration; a line "#set key=value" is an argument of --set. It gives settings that
// are whole, or a list of mistakes, each in one line that begins with its place.
#include "farebox/daemon/config.hpp"

#include "daemon/yaml.hpp"
#include "farebox/model/catalogue.hpp"
#include "farebox/route/route.hpp"
#include "farebox/text/utf8.hpp"
#include "fuzz/fuzz.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

using namespace farebox;
using namespace farebox::daemon;
using fuzz::require;

namespace {

// The passwords of the shipped configuration and of the tests.
class credentials {
 public:
  credentials() {
    std::string pattern = (std::filesystem::temp_directory_path() / "farebox.XXXXXX").string();
    require(mkdtemp(pattern.data()) != nullptr, "there is room for temporary files");
    path_ = pattern;
    for (const auto name : {"demo-mo", "demo-mt", "example-operator", "alpha"}) {
      std::ofstream(path_ / name) << "secret";
      std::filesystem::permissions(path_ / name, std::filesystem::perms::owner_read);
    }
  }
  ~credentials() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

result<void> check_short_code(const short_code& code) {
  catalogue_parts parts;
  parts.short_codes.push_back(code);
  const auto grammars = route::build_grammars(catalogue(std::move(parts)));
  if (!grammars) return grammars.error();
  return {};
}

load_options options_for(const std::string& text) {
  static const credentials secrets;
  load_options options;
  options.credentials_directory = secrets.path();
  options.check_short_code = check_short_code;
  constexpr std::string_view set = "#set ";
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with(set)) options.overrides.push_back(line.substr(set.size()));
  return options;
}

bool is_place(std::string_view line, std::ptrdiff_t lines_of_text) {
  if (line.starts_with("--set")) return true;
  constexpr std::string_view name = "f.yaml:";
  if (!line.starts_with(name)) return false;
  char* end = nullptr;
  const std::string numbers(line.substr(name.size()));
  const auto row = std::strtol(numbers.c_str(), &end, 10);
  if (*end != ':') return false;
  const auto column = std::strtol(end + 1, &end, 10);
  return row >= 1 && row <= lines_of_text + 1 && column >= 1 &&
         std::string_view(end).starts_with(": ");
}

void check_mistakes(const std::string& text, const std::string& mistakes) {
  require(!mistakes.empty(), "a configuration is read, or something is wrong with it");
  std::size_t count = 0;
  std::istringstream lines(mistakes);
  for (std::string line; std::getline(lines, line); ++count) {
    require(is_place(line, std::ranges::count(text, '\n') + 1), "a mistake has its place");
    require(std::ranges::none_of(line, [](char c) { return c >= 0 && c < ' '; }),
            "a mistake is one line");
  }
  require(count <= config_errors_max, "the first mistakes do not scroll away");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(as_text({data, size}));
  const auto got = read_config(text, "f.yaml", options_for(text));
  if (!got) return check_mistakes(text, got.error().detail), 0;
  require(!got->operators.empty() && !got->short_codes.empty(), "a configuration is whole");
  for (const auto& one : got->operators)
    require(!one.info.name.empty() && !one.binds.empty(), "an operator has a name and binds");
  require(got->files == std::vector<std::string>{"f.yaml"}, "nothing else was read");
  return 0;
}
