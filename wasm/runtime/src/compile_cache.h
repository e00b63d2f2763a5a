// Compiled code on disk, so that a component is compiled once per machine and not once per process.
//
// Artifacts are machine code: one that was altered would run with all rights of the host. So each file carries a MAC made
// with a key that only this host has (`key`, 0600, in the cache folder), over the artifact and the name it is filed under;
// what does not verify is deleted and compiled again. The bytes that were verified are the bytes that are loaded: nothing
// is mapped. What does not verify is also in the audit log, as `cache.refuse`. Format: docs/formats/compile-cache.md.
//
// Threads: any; processes too: files appear by rename. A cache that cannot be read or written only costs time, and says so
// in the log.
#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "airssys/base/log.h"
#include "airssys/base/result.h"
#include "airssys/wasm/core/audit.h"

namespace airssys::wasm {

class CompileCache {
 public:
  // Most files kept; those that were not used for longest go first.
  static constexpr std::size_t max_files = 256;

  // Makes the folder (0700) and the key (0600) when they are not there. A folder that others may write to, or a key that
  // others may read, would let them run code in the host: denied, corrupt.
  [[nodiscard]] static Result<CompileCache> open(std::filesystem::path directory, LogSink& log, AuditSink& audit);

  // `wasm` is the component as it was given, `compatibility` that of the engine. Names one compiled component anywhere.
  [[nodiscard]] static std::string key_of(std::span<const std::byte> wasm, std::uint64_t compatibility);
  // Nothing: not there, or not authentic (and then it is not there any more).
  [[nodiscard]] std::optional<std::vector<std::byte>> load(const std::string& key) const;
  void store(const std::string& key, std::span<const std::byte> artifact) const;
  // Deletes what load gave, with a warning: the engine does not take it.
  void reject(const std::string& key, std::string_view why) const;

 private:
  CompileCache(std::filesystem::path directory, std::vector<unsigned char> secret, LogSink& log, AuditSink& audit);
  [[nodiscard]] std::filesystem::path file_of(const std::string& key) const;
  [[nodiscard]] std::vector<unsigned char> mac(const std::string& key, std::span<const std::byte> artifact) const;
  void prune() const;

  std::filesystem::path directory_;
  std::vector<unsigned char> secret_;
  LogSink* log_;
  AuditSink* audit_;
};

}  // namespace airssys::wasm
