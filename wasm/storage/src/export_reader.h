// ExportReader: an export as a file, line by line, with the place of each mistake.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "airssys/base/descriptor.h"
#include "airssys/base/line_reader.h"
#include "airssys/base/result.h"
#include "airssys/wasm/storage/export_format.h"

namespace airssys::wasm {

// Reads from the beginning, wherever the descriptor stands. What is in memory is bounded by one line. Threads: one; `file`
// outlives it.
class ExportReader {
 public:
  ExportReader(const Descriptor& file, std::string_view name) : file_(file), name_(name), lines_(max_export_line_bytes) {}

  struct Line {
    ExportLine content;
    Bytes raw;  // as it stands in the file, without its line feed
  };
  // None: the end. A line that is none: corrupt, or version_mismatch, with its place; otherwise io.
  [[nodiscard]] Result<std::optional<Line>> next();

  // Of the line that next() gave, or that is wrong: "export.jsonl:12: " in front of what is wrong with it.
  [[nodiscard]] std::unexpected<Error> refuse(Code code, std::string_view what) const;

 private:
  const Descriptor& file_;
  const std::string name_;
  LineReader lines_;
  std::uint64_t offset_ = 0;
  std::uint64_t number_ = 0;
};

}  // namespace airssys::wasm
