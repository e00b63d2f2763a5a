#include "serve.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iostream>
#include <nlohmann/json.hpp>
#include <vector>

namespace airssys::bench {
namespace {

// Long enough that reading the clock does not count, short enough that most batches are not interrupted.
constexpr Duration batch_time = std::chrono::microseconds(300);

struct Measured {
  double value = 0;
  std::uint64_t operations = 0;
};

Result<Measured> measure(const Batch& batch, Duration slice) {
  Measured measured;
  std::vector<double> samples;
  const auto begin = std::chrono::steady_clock::now();
  for (std::uint64_t n = 1;;) {
    AIRSSYS_TRY(const Ran ran, batch(n));
    if (samples.empty() && ran.took < batch_time / 2) {
      n *= 2;
      continue;
    }
    measured.operations += ran.operations;
    samples.push_back(static_cast<double>(ran.took.count()) / static_cast<double>(ran.operations));
    if (std::chrono::steady_clock::now() - begin >= slice) break;
  }
  const auto middle = samples.begin() + static_cast<std::ptrdiff_t>(samples.size() / 2);
  std::ranges::nth_element(samples, middle);
  measured.value = *middle;
  return measured;
}

Result<const Rows::mapped_type*> find(const Rows& rows, std::string_view name) {
  const auto found = rows.find(name);
  if (found == rows.end()) return fail(Code::not_found, fmt::format("no row '{}'", name));
  return &found->second;
}

Result<Measured> answer(const Rows& rows, std::string_view request) {
  const auto space = request.find(' ');
  std::int64_t slice_ms = 0;
  if (space == std::string_view::npos ||
      std::from_chars(request.data() + space + 1, request.data() + request.size(), slice_ms).ec != std::errc{})
    return fail(Code::invalid_argument, "a request is: ROW MILLISECONDS");
  AIRSSYS_TRY(const auto* row, find(rows, request.substr(0, space)));
  if (const Batch* const batch = std::get_if<Batch>(row)) return measure(*batch, std::chrono::milliseconds(slice_ms));
  AIRSSYS_TRY(const double value, std::get<Gauge> (*row)());
  return Measured{.value = value, .operations = 1};
}

}  // namespace

int serve(const Rows& rows) {
  for (std::string request; std::getline(std::cin, request);) {
    const auto measured = answer(rows, request);
    const nlohmann::json line = measured ? nlohmann::json{{"value", measured->value}, {"ops", measured->operations}}
                                         : nlohmann::json{{"error", measured.error().message()}};
    std::cout << line << std::endl;
  }
  return 0;
}

int count(const Rows& rows, std::string_view name, std::uint64_t n) {
  const auto counted = [&]() -> Result<std::string> {
    AIRSSYS_TRY(const auto* row, find(rows, name));
    if (const Batch* const batch = std::get_if<Batch>(row)) {
      AIRSSYS_TRY(const Ran ran, (*batch)(n));
      return fmt::format("{} operations", ran.operations);
    }
    AIRSSYS_TRY(const double value, std::get<Gauge> (*row)());
    return fmt::format("{}", value);
  }();
  fmt::print(stderr, "{}: {}\n", name, counted ? *counted : counted.error().message());
  return counted ? 0 : 1;
}

int carry_out(std::span<const std::string_view> words, const Rows& rows, std::string_view usage) {
  if (words.size() == 1 && words[0] == "serve") return serve(rows);
  std::uint64_t n = 0;
  if (words.size() == 3 && words[0] == "count" &&
      std::from_chars(words[2].data(), words[2].data() + words[2].size(), n).ec == std::errc{})
    return count(rows, words[1], n);
  fmt::print(stderr, "{}", usage);
  return 2;
}

}  // namespace airssys::bench
