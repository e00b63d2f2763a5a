// The real binary, killed in the middle of an import: nothing of it is there, or all of it.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "airssys/wasm/storage/export_format.h"
#include "process.h"

namespace airssys::cli {
namespace {

using ::testing::HasSubstr;
using testing::Process;
namespace fs = std::filesystem;

constexpr std::uint64_t imported_keys = 30'000;
constexpr std::string_view when = "2026-01-31T12:00:00Z";

// Of each of two components; without header and trailer, which an export has of its own.
std::string entries(std::uint64_t from, std::uint64_t keys, std::string_view value) {
  std::string text;
  for (const char* const component : {"default/a", "photos/b"})
    for (std::uint64_t n = 0; n < keys / 2; ++n)
      text += wasm::export_line(*wasm::StoreId::parse(component), fmt::format("key/{:08}", from + n), value, when);
  return text;
}

// The keys that the latest whole line of progress counts: "importing: 41216 keys, 1.2 MiB".
std::uint64_t counted(const std::string& err) {
  constexpr std::string_view word = " keys, ";
  const std::size_t end = err.rfind(word);
  if (end == std::string::npos) return 0;
  const std::size_t begin = err.rfind(' ', end - 1) + 1;
  std::uint64_t keys = 0;
  std::from_chars(err.data() + begin, err.data() + end, keys);
  return keys;
}

class KilledImport : public ::testing::TestWithParam<const char*> {
 protected:
  KilledImport() {
    fs::create_directories(folder_);
    std::ofstream(folder_ / "before.jsonl") << entries(10'000, 4000, "what was there");
    std::ofstream(folder_ / "new.jsonl") << entries(0, imported_keys, std::string(200, 'n'));
    EXPECT_EQ(run({"import", folder_ / "before.jsonl"}), 0);
  }
  ~KilledImport() override { fs::remove_all(folder_); }

  [[nodiscard]] Process storage(std::vector<std::string> words, Process::Output output = Process::Output::read) const {
    words.insert(words.begin(), {AIRSSYS_BINARY, "storage"});
    return Process(words, {{"AIRSSYS_WASM_HOME", folder_ / "home"}}, output);
  }
  int run(std::vector<std::string> words) const {
    Process process = storage(std::move(words));
    const int code = process.wait();
    EXPECT_EQ(code, 0) << process.err();
    return code;
  }
  // The lines of all entries but for their time.
  std::string contents() {
    Process process = storage({"export"});
    EXPECT_EQ(process.wait(), 0) << process.err();
    said_ = process.err();
    std::string lines;
    for (std::string_view rest = process.out(); !rest.empty();) {
      const std::string_view line = rest.substr(0, rest.find('\n'));
      rest.remove_prefix(std::min(rest.size(), line.size() + 1));
      if (!line.starts_with(R"({"type")")) lines.append(line.substr(0, line.find(R"(,"timestamp")"))).append("\n");
    }
    return lines;
  }

  const fs::path folder_ = fs::path(::testing::TempDir()) / fmt::format("airssys_killed_import_{}", ::getpid());
  std::string said_;
};
INSTANTIATE_TEST_SUITE_P(Modes, KilledImport, ::testing::Values("merge", "replace"),
                         [](const auto& mode) { return std::string(mode.param); });

TEST_P(KilledImport, IsUndone) {
  const std::string before = contents();
  const std::vector<std::string> words{"import", folder_ / "new.jsonl", "--mode", GetParam(), "--yes"};
  // The first pass only reads; later in the second there is more to undo.
  for (const std::uint64_t keys : {imported_keys + 1, imported_keys * 3 / 2}) {
    Process import = storage(words, Process::Output::terminal);
    ASSERT_TRUE(import.wait_until([&] { return counted(import.err()) >= keys; })) << import.err();
    import.signal(SIGKILL);
    ASSERT_EQ(import.wait(), 128 + SIGKILL) << import.err();
    EXPECT_EQ(contents(), before);
    EXPECT_THAT(said_, HasSubstr("an import that was killed has been undone"));
    EXPECT_EQ(contents(), before);
  }
  run(words);
  EXPECT_NE(contents(), before);
}

}  // namespace
}  // namespace airssys::cli
