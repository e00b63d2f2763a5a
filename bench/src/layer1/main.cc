// airssys_bench_layer1: the rows of the group `layer1` that need a host.
#include <fmt/format.h>
#include <malloc.h>

#include <string_view>

#include "../serve.h"
#include "airssys/base/platform.h"
#include "rows.h"

int main(int argc, char** argv) {
  using namespace airssys;
  mallopt(M_TRIM_THRESHOLD, 64 << 20);  // as cli/src/main.cc does, and for its reason
  const auto platform = real_platform();
  bench::Rows rows;
  if (argc >= 3) {
    bench::add_isolation_rows(argv[2], *platform, rows);
    bench::add_life_rows(argv[2], *platform, rows);
    bench::add_hosted_density_rows(argv[2], *platform, rows);
    bench::add_keyed_rows(argv[2], *platform, rows);
    const std::string_view word = argv[1];
    if (word == "serve" && argc == 3) return bench::serve(rows);
    if (word == "count" && argc == 4) return bench::count(rows, argv[3], 1);
  }
  fmt::print(stderr,
             "usage: airssys_bench_layer1 serve GUESTS        rows on request, see bench/README.md\n"
             "       airssys_bench_layer1 count GUESTS ROW    one row, once\n");
  return 2;
}
