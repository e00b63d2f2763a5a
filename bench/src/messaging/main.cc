// airssys_bench_messaging: our side of the group `messaging`.
#include <fmt/format.h>
#include <malloc.h>

#include <charconv>
#include <string_view>
#include <vector>

#include "world.h"

namespace airssys::bench {
namespace {

constexpr std::string_view usage =
    "usage: airssys_bench_messaging serve           rows on request, see bench/README.md\n"
    "       airssys_bench_messaging count ROW N     N operations of one row, for callgrind\n";

int run(const std::vector<std::string_view>& words) {
  Rows rows;
  add_path_rows(rows);
  add_topic_rows(rows);
  if (words.size() == 1 && words[0] == "serve") return serve(rows);
  std::uint64_t n = 0;
  if (words.size() == 3 && words[0] == "count" &&
      std::from_chars(words[2].data(), words[2].data() + words[2].size(), n).ec == std::errc{})
    return count(rows, words[1], n);
  fmt::print(stderr, "{}", usage);
  return 2;
}

}  // namespace
}  // namespace airssys::bench

int main(int argc, char** argv) {
  // As the program does, see cli/src/main.cc.
  mallopt(M_TRIM_THRESHOLD, 64 << 20);
  mallopt(M_MMAP_THRESHOLD, 4 << 20);
  return airssys::bench::run({argv + 1, argv + argc});
}
