// Lines of exports: whatever the bytes are, reading ends with one that is written and read as the same again, or with a refusal
// for people. And whole files: one that is taken brings what it says, one that is refused changes nothing.
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <string_view>

#include "airssys/base/assert.h"
#include "airssys/base/text.h"
#include "airssys/wasm/storage/backends.h"
#include "airssys/wasm/storage/export_format.h"
#include "airssys/wasm/storage/transfer.h"

using namespace airssys;
using namespace airssys::wasm;

namespace {

std::string written(const ExportLine& line) {
  if (const auto* const entry = std::get_if<ExportEntry>(&line))
    return export_line(entry->store, entry->key, entry->value.text(), "2026-01-31T12:00:00Z");
  if (const auto* const header = std::get_if<ExportHeader>(&line)) return export_line(*header);
  return export_line(std::get<ExportTrailer>(line));
}

void check_line(std::string_view text) {
  const auto line = parse_export_line(text);
  if (!line) {
    const std::string& message = line.error().message();
    AIRSSYS_ASSERT(printable(message, message.size()) == message, "not readable");
    return;
  }
  if (const auto* const entry = std::get_if<ExportEntry>(&*line)) {
    AIRSSYS_ASSERT(storage_key_mistake(entry->key).empty(), "a key that no guest may write");
    AIRSSYS_ASSERT(entry->value.size() <= max_storage_value_bytes, "a value that no guest may write");
  }
  const std::string again = written(*line);
  const auto read = parse_export_line(again);
  AIRSSYS_ASSERT(read.has_value(), "its own form is not read");
  const auto* const header = std::get_if<ExportHeader>(&*line);
  // Only whole seconds are written.
  AIRSSYS_ASSERT(header ? written(*read) == again : *read == *line, "its own form is another line");
}

void check_file(std::string_view text) {
  const Descriptor file(::memfd_create("export", MFD_CLOEXEC));
  AIRSSYS_ASSERT(::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()), "no file");
  const auto backend = *open_backend({.kind = BackendKind::memory});
  const auto report = import_storage(*backend, file, "F", {.mode = ImportMode::replace});
  const auto digest = digest_storage(*backend, Keyspace::guests, {});
  AIRSSYS_ASSERT(digest->keys == (report ? report->keys : 0), "half of it is there, or more than it counts");
  AIRSSYS_ASSERT(digest_storage(*backend, Keyspace::host, {})->keys == 0, "the journal stays");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_line(text);
  check_file(text);
  return 0;
}
