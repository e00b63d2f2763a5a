// airssys_bench_host: our side of the group `runtime`.
#include <fmt/format.h>
#include <malloc.h>
#include <sched.h>

#include <charconv>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "airssys/base/platform.h"
#include "density_rows.h"
#include "message_rows.h"
#include "runtime_rows.h"
#include "serve.h"
#include "talk_rows.h"

namespace airssys::bench {
namespace {

constexpr std::string_view usage =
    "usage: airssys_bench_host serve GUESTS [--instances N]          rows on request, see bench/README.md\n"
    "       airssys_bench_host density GUESTS                        the rows of density, likewise\n"
    "       airssys_bench_host count GUESTS ROW N [--instances N]    N operations of one row, for callgrind\n";

template <class T>
Result<T> number(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size())
    return fail(Code::invalid_argument, fmt::format("'{}' is no number", text));
  return value;
}

// While it lives, this thread and those that it starts stay on the processor where bench/run keeps the peers: what slows that
// one down then slows down both sides.
class Pinned {
 public:
  Pinned() {
    sched_getaffinity(0, sizeof before_, &before_);
    int last = 0;
    for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu)
      if (CPU_ISSET(cpu, &before_)) last = cpu;
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(last, &one);
    sched_setaffinity(0, sizeof one, &one);
  }
  ~Pinned() { sched_setaffinity(0, sizeof before_, &before_); }
  Pinned(const Pinned&) = delete;
  Pinned& operator=(const Pinned&) = delete;

 private:
  cpu_set_t before_;
};

// Whoever asks for one row pays for its set-up only.
struct World {
  std::unique_ptr<Platform> platform = real_platform();
  std::unique_ptr<RuntimeRows> runtime;
  std::unique_ptr<MessageRows> one_worker, all_workers;
  std::unique_ptr<TalkRows> talk;
  Rows rows;

  Result<> set_up(std::string_view guests, std::uint32_t instances, std::string_view row) {
    AIRSSYS_TRY_VOID(set_up_pinned(guests, instances, row));
    if (row.empty() || row.ends_with(".all")) {
      AIRSSYS_TRY(all_workers, MessageRows::create(guests, instances, 0, *platform));
      all_workers->add_to(rows, "all");
    }
    return {};
  }

 private:
  Result<> set_up_pinned(std::string_view guests, std::uint32_t instances, std::string_view row) {
    const Pinned pinned;
    const bool messages = row.starts_with("message.") || row.starts_with("hop.");
    const bool talks = row.starts_with("request.") || row.starts_with("topic.");
    if (row.empty() || talks) {
      AIRSSYS_TRY(talk, TalkRows::create(guests, *platform));
      talk->add_to(rows);
    }
    if (!messages && !talks) {
      AIRSSYS_TRY(runtime, RuntimeRows::create(guests, instances, *platform));
      runtime->add_to(rows);
    }
    if (row.empty() || (messages && row.ends_with(".1w"))) {
      AIRSSYS_TRY(one_worker, MessageRows::create(guests, instances, 1, *platform));
      one_worker->add_to(rows, "1w");
    }
    return {};
  }
};

Result<int> run(std::span<const std::string_view> words) {
  std::uint32_t instances = 1000;  // the default of WasmtimeConfig
  if (words.size() > 2 && words[words.size() - 2] == "--instances") {
    AIRSSYS_TRY(instances, number<std::uint32_t>(words.back()));
    words = words.first(words.size() - 2);
  }
  World world;
  if (words.size() == 2 && words[0] == "serve") {
    AIRSSYS_TRY_VOID(world.set_up(words[1], instances, ""));
    const Pinned pinned;
    return serve(world.rows);
  }
  if (words.size() == 2 && words[0] == "density") {
    add_density_rows(words[1], *world.platform, world.rows);
    return serve(world.rows);
  }
  if (words.size() == 4 && words[0] == "count") {
    AIRSSYS_TRY(const auto n, number<std::uint64_t>(words[3]));
    AIRSSYS_TRY_VOID(world.set_up(words[1], instances, words[2]));
    return count(world.rows, words[2], n);
  }
  fmt::print(stderr, "{}", usage);
  return 2;
}

}  // namespace
}  // namespace airssys::bench

int main(int argc, char** argv) {
  mallopt(M_TRIM_THRESHOLD, 64 << 20);  // as cli/src/main.cc does, and for its reason
  const std::vector<std::string_view> words(argv + 1, argv + argc);
  const auto exit = airssys::bench::run(words);
  if (!exit) fmt::print(stderr, "{}\n", exit.error().message());
  return exit ? *exit : 1;
}
