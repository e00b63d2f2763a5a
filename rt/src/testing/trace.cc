#include "airssys/rt/testing/trace.h"

#include <cstdio>
#include <cstdlib>
#include <memory>

#include "airssys/base/assert.h"

namespace airssys::rt::testing {
namespace {

constexpr std::uint64_t file_bytes_max = 256u << 20;

struct Closing {
  void operator()(std::FILE* file) const noexcept { std::fclose(file); }
};
struct TraceFile {
  explicit TraceFile(const char* path) : file(std::fopen(path, "ae")) {
    AIRSSYS_ASSERT(file, "AIRSSYS_TRACE={} cannot be opened for writing", path);
    std::setvbuf(file.get(), nullptr, _IOLBF, 1 << 16);  // what comes before an abort is in the file
  }
  void add(std::string_view line) {
    if (left < line.size() + 1) return;
    left -= line.size() + 1;
    const bool written =
        std::fwrite(line.data(), 1, line.size(), file.get()) == line.size() && std::fputc('\n', file.get()) == '\n';
    AIRSSYS_ASSERT(written, "the file of AIRSSYS_TRACE cannot be written");
  }

  std::unique_ptr<std::FILE, Closing> file;
  std::uint64_t left = file_bytes_max;
};

}  // namespace

void TraceText::add(std::string_view line) {
  if (kept_.size() + line.size() + 1 > bytes_max_) {
    std::size_t half = kept_.find('\n', kept_.size() / 2);
    half = half == std::string::npos ? kept_.size() : half + 1;
    for (std::size_t at = 0; at < half; ++at) dropped_ += kept_[at] == '\n';
    kept_.erase(0, half);
  }
  kept_ += line;
  kept_ += '\n';
  ++lines_;
}

std::string TraceText::text() const {
  return dropped_ == 0 ? kept_ : "… " + std::to_string(dropped_) + " lines before these\n" + kept_;
}

std::string TraceText::tail(std::size_t lines) const {
  std::size_t from = kept_.empty() ? 0 : kept_.size() - 1;
  while (from > 0 && (kept_[from - 1] != '\n' || --lines > 0)) --from;
  return kept_.substr(from);
}

TraceSink trace_from_environment() {
  const char* const path = std::getenv("AIRSSYS_TRACE");
  if (!path) return {};
  static const auto trace = std::make_shared<TraceFile>(path);  // one file for all worlds of the process
  return [file = trace](std::string_view line) { file->add(line); };
}

}  // namespace airssys::rt::testing
