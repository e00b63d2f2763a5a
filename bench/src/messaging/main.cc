// airssys_bench_messaging: our side of the group `messaging`.
#include <malloc.h>

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
  return carry_out(words, rows, usage);
}

}  // namespace
}  // namespace airssys::bench

int main(int argc, char** argv) {
  // As the program does, see cli/src/main.cc.
  mallopt(M_TRIM_THRESHOLD, 64 << 20);
  mallopt(M_MMAP_THRESHOLD, 4 << 20);
  return airssys::bench::run({argv + 1, argv + argc});
}
