// The protocol between `bench/run` and the programs that it measures, C++ half; bench/peers have their own.
//
// A program sets its rows up, then answers requests until its input ends. One line in, "ROW MILLISECONDS"; one line out,
// {"value": median of nanoseconds per operation, "ops": how many ran} or {"error": "…"}. So rows of two programs can be
// measured in turn, in slices as short as the machine's noise demands, without paying set-up each time. A row that measures
// no time (bytes, messages lost) answers its figure as the value.
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "airssys/base/result.h"
#include "airssys/base/time.h"

namespace airssys::bench {

struct Ran {
  std::uint64_t operations;
  Duration took;
};

// Runs `n` operations at least, and says how many they were: a batch may come in steps.
using Batch = std::function<Result<Ran>(std::uint64_t n)>;
// One figure that is no time per operation.
using Gauge = std::function<Result<double>()>;
using Rows = std::map<std::string, std::variant<Batch, Gauge>, std::less<>>;

// Reads requests from standard input until it ends. Returns the process's exit code.
[[nodiscard]] int serve(const Rows& rows);
// `n` operations of one row, unmeasured: for callgrind. A gauge is taken once, and printed.
[[nodiscard]] int count(const Rows& rows, std::string_view name, std::uint64_t n);
// What a program's words ask for: `serve`, or `count ROW N`. Anything else prints `usage` and is 2.
[[nodiscard]] int carry_out(std::span<const std::string_view> words, const Rows& rows, std::string_view usage);

}  // namespace airssys::bench
