// airssys_bench_rt: our side of the group `rt`.
#include <string_view>
#include <vector>

#include "machine.h"

namespace airssys::bench {
namespace {

constexpr std::string_view usage =
    "usage: airssys_bench_rt serve           rows on request, see bench/README.md\n"
    "       airssys_bench_rt count ROW N     N operations of one row, for callgrind\n";

int run(const std::vector<std::string_view>& words) {
  Rows rows;
  add_ask_rows(rows);
  add_message_rows(rows);
  add_life_rows(rows);
  add_wake_rows(rows);
  return carry_out(words, rows, usage);
}

}  // namespace
}  // namespace airssys::bench

int main(int argc, char** argv) { return airssys::bench::run({argv + 1, argv + argc}); }
