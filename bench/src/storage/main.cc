// airssys_bench_storage: our side of the group `storage`.
#include <string_view>
#include <vector>

#include "rows.h"

namespace airssys::bench {
namespace {

constexpr std::string_view usage =
    "usage: airssys_bench_storage serve                 rows on request, see bench/README.md\n"
    "       airssys_bench_storage count ROW N           N operations of one row, for callgrind\n"
    "       airssys_bench_storage write KIND DIRECTORY  for the rows that kill it\n";

int run(const char* program, const std::vector<std::string_view>& words) {
  if (words.size() == 3 && words[0] == "write") return write_until_killed(words[1], words[2]);
  const auto platform = real_platform();
  Rows rows;
  add_backend_rows(*platform, rows);
  add_store_rows(*platform, rows);
  add_guest_rows(*platform, rows);
  add_reopen_rows(*platform, program, rows);
  add_size_rows(*platform, rows);
  return carry_out(words, rows, usage);
}

}  // namespace
}  // namespace airssys::bench

int main(int argc, char** argv) { return airssys::bench::run(argv[0], {argv + 1, argv + argc}); }
