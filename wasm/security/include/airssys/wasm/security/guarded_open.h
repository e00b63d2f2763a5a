// Opening a file for a component, so that what is open is what was checked (R4.4, ADR 29). Everything that opens files in the
// name of a component opens them here.
//
//   asked path: absolute, no `.` or `..`  →  the gate allows it  →  found, without opening it (O_PATH, no magic links)
//   →  the gate allows its real path  →  a regular file, not of procfs  →  that very file is opened, and truncated if asked
//
// Capability before existence (ADR 5): what is not granted is denied before the disk is looked at. Links may lead anywhere; where
// they led is asked for like any other path, with the forbidden list, roles and audit. Whoever swaps a link or renames a folder
// meanwhile changes which file is found, never which one is handed out: that is the one whose real path was allowed, at a moment
// within the call. What is made is made in a folder that was found and checked so, and never through a link.
//
// What is open stays open: a grant that is revoked later closes nothing.
//
// Not seen are hard links: two names of one file are two files here. Components cannot make any.
//
// Takes as long as the file system takes to find a name, and never waits for anybody: pipes, sockets and devices are not opened,
// and a lease is an error. A file system on a network may take long: what may meet one calls this off the workers.
//
// Failures. As the gate's denial (denied, forbidden, policy_violation, exhausted, unavailable), also of the real path, which the
// message does not say; denied: also where the operating system says no. Recorded in the audit log, all of these. Beyond that
// not_found, already_exists, exhausted (descriptors, the disk), invalid_argument (no file, or no folder; recorded as well),
// unavailable (a kernel without openat2, no /proc, a lease, or others change the path faster than it can be followed), io.
// Messages name what was asked for and nothing else, for the guest.
//
// Threads: those of the gate: one call at a time. What is open may go to any.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "airssys/base/result.h"
#include "airssys/wasm/core/security.h"

namespace airssys::wasm {

// A descriptor that closes itself, of a regular file or a folder.
class OpenedFile {
 public:
  OpenedFile(int descriptor, std::string real_path) noexcept;
  OpenedFile(OpenedFile&& other) noexcept;
  OpenedFile& operator=(OpenedFile&& other) noexcept;
  ~OpenedFile();

  [[nodiscard]] int descriptor() const noexcept { return descriptor_; }
  // Where it was when it was checked. For the host: a component is told nothing of links.
  [[nodiscard]] const std::string& real_path() const noexcept { return real_path_; }

 private:
  int descriptor_;
  std::string real_path_;
};

struct FileUse {
  enum class Create : std::uint8_t {
    never,
    when_absent,
    always,  // already_exists, when it is there
  };
  bool read = false;  // filesystem_read; at least one of the two, else invalid_argument
  bool write = false;  // filesystem_write
  // Both need `write`, else invalid_argument.
  Create create = Create::never;  // with mode 0600
  bool truncate = false;  // after all checks
};

[[nodiscard]] Result<OpenedFile> open_file(PermissionGate& gate, std::string_view path, const FileUse& use);
// To list it: filesystem_list, which a folder has when something in it could match a pattern.
[[nodiscard]] Result<OpenedFile> open_folder(PermissionGate& gate, std::string_view path);

}  // namespace airssys::wasm
