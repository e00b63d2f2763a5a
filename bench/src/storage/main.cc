// airssys_bench_storage: our side of the group `storage`.
#include <fmt/format.h>

#include <charconv>
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

int main(int argc, char** argv) { return airssys::bench::run(argv[0], {argv + 1, argv + argc}); }
