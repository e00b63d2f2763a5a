// airssys_bench_security: our side of the group `security`.
#include <fmt/format.h>

#include <charconv>
#include <string_view>
#include <vector>

#include "rows.h"

namespace airssys::bench {
namespace {

constexpr std::string_view usage =
    "usage: airssys_bench_security serve GUESTS           rows on request, see bench/README.md\n"
    "       airssys_bench_security count GUESTS ROW N     N operations of one row, for callgrind\n";

int run(const std::vector<std::string_view>& words) {
  const auto platform = real_platform();
  Rows rows;
  add_match_rows(rows);
  add_check_rows(*platform, rows);
  add_signature_rows(rows);
  add_audit_rows(*platform, rows);
  if (words.size() > 1) add_pair_rows(words[1], *platform, rows);
  if (words.size() == 2 && words[0] == "serve") return serve(rows);
  std::uint64_t n = 0;
  if (words.size() == 4 && words[0] == "count" &&
      std::from_chars(words[3].data(), words[3].data() + words[3].size(), n).ec == std::errc{})
    return count(rows, words[2], n);
  fmt::print(stderr, "{}", usage);
  return 2;
}

}  // namespace
}  // namespace airssys::bench

int main(int argc, char** argv) { return airssys::bench::run({argv + 1, argv + argc}); }
