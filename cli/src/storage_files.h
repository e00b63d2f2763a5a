// What the commands of `storage` share: the directory of stores that nobody else has open, exports as files, progress, consent.
#pragma once
#include <filesystem>
#include <memory>
#include <optional>
#include <string_view>

#include "admin_client.h"
#include "airssys/base/descriptor.h"
#include "airssys/base/result.h"
#include "airssys/wasm/core/storage_backend.h"
#include "airssys/wasm/storage/backends.h"
#include "airssys/wasm/storage/transfer.h"
#include "commands.h"

namespace airssys::cli {

// `named`, or the one of the home folder, when it is empty.
[[nodiscard]] Result<std::filesystem::path> storage_directory(const std::filesystem::path& named, const Context& context);

// One that is there. Says what an earlier command that was killed had left in it. not_found: it holds no store; otherwise as
// wasm::open_backend.
[[nodiscard]] Result<std::unique_ptr<wasm::StorageBackend>> open_store(const std::filesystem::path& directory,
                                                                       Narration& narration);
// The same, or a new one. invalid_configuration: it is there, and of another backend than `wanted`.
[[nodiscard]] Result<std::unique_ptr<wasm::StorageBackend>> open_or_make_store(const std::filesystem::path& directory,
                                                                               std::optional<wasm::BackendKind> wanted,
                                                                               Narration& narration);

// What a command that needs the directory for itself says where a host has it open.
[[nodiscard]] Error needs_stopped_host(Error refused, std::string_view command);

// What a host answers that has the stores open, when it takes a day at the most.
[[nodiscard]] Result<std::string> ask_host(std::string_view host, const wasm::AdminRequest& request, std::string_view doing,
                                           Narration& narration, const Context& context);

// `here` where nobody has the directory open; otherwise `there`, with the host that has, or that the user named.
template <class Here, class There>
[[nodiscard]] auto here_or_there(const StorageTarget& target, Here&& here, There&& there) -> decltype(here()) {
  if (!target.host.empty()) return there(std::string_view(target.host));
  auto done = here();
  if (done || done.error().field("process").empty()) return done;
  auto asked = there(done.error().field("process"));
  // No host has it, but a command like this one, or a host without a socket.
  if (!asked && asked.error().code() == Code::unavailable && !asked.error().field("connection").empty()) return done;
  return asked;
}

// A name for what a host writes for us, in the folder that it may write to whatever wall it has.
[[nodiscard]] Result<std::filesystem::path> path_for_host(std::string_view suffix, const Context& context);

// A regular file; "-": all of standard input, put into a file that has no name. exhausted: more of it than max_spool_bytes.
inline constexpr std::uint64_t max_spool_bytes = std::uint64_t{4} << 30;
[[nodiscard]] Result<Descriptor> open_export(const std::filesystem::path& file, Context& context);

// The line of progress of long work, and its end by Ctrl-C. Threads: one; all that is given outlives it.
class StorageProgress {
 public:
  // `doing`: "exporting".
  StorageProgress(std::string_view doing, Narration& narration, const Context& context)
      : doing_(doing),
        narration_(narration),
        context_(context) {}
  ~StorageProgress() { narration_.progress(""); }
  StorageProgress(const StorageProgress&) = delete;
  StorageProgress& operator=(const StorageProgress&) = delete;
  [[nodiscard]] wasm::TransferWatch watch();

 private:
  const std::string_view doing_;
  Narration& narration_;
  const Context& context_;
  Instant shown_{};
};

// Somebody typed yes, or had said so. invalid_argument: nobody did; `otherwise`: what is as it was then.
[[nodiscard]] Result<> consent(bool said, std::string_view question, std::string_view otherwise, Context& context);

}  // namespace airssys::cli
