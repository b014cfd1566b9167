// Runs a target once for each file of the folders that are named: the corpus as an ordinary test.
// Each input lies in memory of exactly its size, so that a sanitizer sees one octet too many.
#include "fuzz/fuzz.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <vector>

int main(int count, char** folders) {
  std::set<std::string> files;
  for (int i = 1; i < count; ++i)
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folders[i]))
      if (entry.is_regular_file()) files.insert(entry.path().string());
  for (const auto& file : files) {
    std::printf("%s\n", file.c_str());
    std::fflush(stdout); // the last line names the input that ended the process
    std::ifstream in(file, std::ios::binary);
    const std::vector<char> content{std::istreambuf_iterator<char>(in), {}};
    const std::vector<std::uint8_t> input(content.begin(), content.end());
    LLVMFuzzerTestOneInput(input.data(), input.size());
  }
  std::printf("%zu inputs\n", files.size());
  return files.empty() ? EXIT_FAILURE : EXIT_SUCCESS;
}
