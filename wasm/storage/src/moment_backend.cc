#include "moment_backend.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "store_directory.h"

namespace airssys::wasm {
namespace {

// A piece of a range: small at first, for who wants the first entry only.
constexpr std::size_t first_piece_entries = 32;
constexpr std::size_t max_piece_entries = 4096;
constexpr std::size_t max_piece_bytes = std::size_t{1} << 20;

constexpr std::size_t bytes_of(std::string_view key, const std::optional<std::string>& value) noexcept {
  return key.size() + (value ? value->size() : 0);
}

}  // namespace

// Somebody who reads a range, and what the range had when that began where it has been written since and not been read yet:
// none, when there was no such key.
struct MomentBackend::Reader {
  Keyspace space;
  std::string next, to;  // what is left of the range
  bool done = false;
  bool too_much = false;
  std::size_t kept_bytes = 0;
  std::map<std::string, std::optional<std::string>, std::less<>> kept{};

  [[nodiscard]] bool expects(Keyspace of, std::string_view key) const {
    return !done && !too_much && of == space && key >= next && (to.empty() || key < to) && !kept.contains(key);
  }
};

// Readers that all began at one moment, from then until this ends.
struct MomentBackend::Reading {
  Reading(const MomentBackend& whole, std::list<Reader> all) : of(whole), first(all.begin()), count(all.size()) {
    const std::lock_guard lock(of.mutex_);
    of.readers_.splice(of.readers_.end(), all);
  }
  ~Reading() {
    const std::lock_guard lock(of.mutex_);
    of.readers_.erase(first, std::next(first, static_cast<std::ptrdiff_t>(count)));
  }
  Reading(const Reading&) = delete;
  Reading& operator=(const Reading&) = delete;

  const MomentBackend& of;
  std::list<Reader>::iterator first;
  std::size_t count;
};

MomentBackend::MomentBackend(std::unique_ptr<StorageBackend> present, BackendKind kind, MakeEmpty make_empty)
    : present_(std::move(present)),
      kind_(kind),
      make_empty_(std::move(make_empty)) {}
MomentBackend::~MomentBackend() = default;

Result<> MomentBackend::write(Keyspace space, std::span<const StorageWrite> writes, Durability durability) {
  {
    const std::lock_guard lock(mutex_);
    AIRSSYS_TRY_VOID(keep_what_is_replaced(space, writes));
    AIRSSYS_TRY_VOID(present_->write(space, writes, Durability::process));
  }
  // Beside other writes, not before them: so one wait for the disk is that of many.
  return durability == Durability::disk ? present_->flush() : Result<>();
}

Result<> MomentBackend::keep_what_is_replaced(Keyspace space, std::span<const StorageWrite> writes) {
  if (readers_.empty()) return {};
  for (const StorageWrite& write : writes) {
    const auto wanted = [&](const Reader& reader) { return reader.expects(space, write.key); };
    if (std::ranges::none_of(readers_, wanted)) continue;
    std::string value;
    AIRSSYS_TRY(const bool found, present_->get(space, write.key, value));
    const auto before = found ? std::optional(std::move(value)) : std::nullopt;
    for (Reader& reader : readers_) {
      if (!wanted(reader)) continue;
      reader.kept_bytes += bytes_of(write.key, before);
      if (reader.kept_bytes > max_kept_bytes) {
        reader.too_much = true;
        reader.kept.clear();
      } else {
        reader.kept.emplace(write.key, before);
      }
    }
  }
  return {};
}

Result<> MomentBackend::scan(Keyspace space, KeyRange range, const Visit& visit) const {
  std::list<Reader> one;
  one.push_back({.space = space, .next = std::string(range.from), .to = std::string(range.to)});
  const Reading reading(*this, std::move(one));
  return read(*reading.first, visit);
}

Result<> MomentBackend::read(Reader& reader, const Visit& visit) const {
  std::vector<std::pair<std::string, std::string>> piece;
  std::vector<std::pair<std::string, std::string>> present;
  bool whole = false;
  for (std::size_t entries = first_piece_entries; !whole; entries = std::min(entries * 4, max_piece_entries)) {
    present.clear();
    piece.clear();
    {
      const std::lock_guard lock(mutex_);
      if (reader.too_much)
        return fail(Code::unavailable,
                    fmt::format("the {} store: while a range was read, more of it was replaced than the {} MiB that are kept for "
                                "its reader; read it again, or when less is written",
                                name(), max_kept_bytes >> 20));
      std::size_t bytes = 0;
      whole = true;
      AIRSSYS_TRY_VOID(present_->scan(reader.space, {reader.next, reader.to}, [&](std::string_view key, std::string_view value) {
        present.emplace_back(key, value);
        bytes += key.size() + value.size();
        whole = present.size() < entries && bytes < max_piece_bytes;
        return whole;
      }));
      // What was put aside up to the last key of the piece goes before what is there now.
      auto kept = reader.kept.begin();
      const auto put_back = [&] {
        reader.kept_bytes -= bytes_of(kept->first, kept->second);
        if (kept->second) piece.emplace_back(kept->first, *std::move(kept->second));
        kept = reader.kept.erase(kept);
      };
      for (auto& [key, value] : present) {
        while (kept != reader.kept.end() && kept->first < key) put_back();
        if (kept != reader.kept.end() && kept->first == key)
          put_back();
        else
          piece.emplace_back(key, std::move(value));
      }
      while (whole && kept != reader.kept.end()) put_back();
      reader.done = whole;
      if (!whole) (reader.next = std::move(present.back().first)).push_back('\0');  // the least key after it
    }
    for (const auto& [key, value] : piece)
      if (!visit(key, value)) return {};
  }
  return {};
}

Result<> MomentBackend::back_up(const std::filesystem::path& to) const {
  if (!make_empty_)
    return fail(Code::unavailable, fmt::format("a store of kind {} has no files to back up; export it instead", name()));
  return make_backup(to, kind_, [this](const std::filesystem::path& folder) -> Result<> {
    std::list<Reader> both;
    both.push_back({.space = Keyspace::guests, .next = "", .to = ""});
    both.push_back({.space = Keyspace::host, .next = "", .to = ""});
    Reading reading(*this, std::move(both));
    AIRSSYS_TRY(const auto copy, make_empty_(folder));
    return copy_to(*copy, reading);
  });
}

Result<> MomentBackend::copy_to(StorageBackend& empty, Reading& reading) const {
  auto reader = reading.first;
  for (std::size_t n = 0; n < reading.count; ++n, ++reader) {
    Result<> copied;
    AIRSSYS_TRY_VOID(read(*reader, [&](std::string_view key, std::string_view value) {
      copied = empty.write(reader->space, std::array{StorageWrite{key, value}}, Durability::process);
      return copied.has_value();
    }));
    AIRSSYS_TRY_VOID(std::move(copied));
  }
  return empty.flush();
}

}  // namespace airssys::wasm
