#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <string>

#include "../security/folder.h"
#include "airssys/base/descriptor.h"
#include "airssys/wasm/storage/backends.h"
#include "entries.h"
#include "rows.h"

namespace airssys::bench {
namespace {

using wasm::BackendKind;
using wasm::Keyspace;
using wasm::StorageWrite;

constexpr std::uint64_t entries_before_kill = 32 * 1024;

// Starts the writer, waits until it said that it has written enough, and kills it.
Result<> write_and_kill(const char* program, BackendKind kind, const std::string& directory) {
  std::array<int, 2> pipe{};
  if (::pipe2(pipe.data(), O_CLOEXEC) != 0) return fail(Code::io, "no pipe");
  const Descriptor said(pipe[0]);
  Descriptor says(pipe[1]);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, says.get(), STDOUT_FILENO);
  std::string name(wasm::backend_name(kind));
  std::string word = "write";
  std::string path = program;
  std::string folder = directory;
  const std::array<char*, 5> arguments{path.data(), word.data(), name.data(), folder.data(), nullptr};
  pid_t process = 0;
  const int error = ::posix_spawn(&process, program, &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) return fail(Code::io, "the writer could not be started");
  says = Descriptor();
  char byte = 0;
  const bool written = ::read(said.get(), &byte, 1) == 1;
  ::kill(process, SIGKILL);
  ::waitpid(process, nullptr, 0);
  if (!written) return fail(Code::io, "the writer failed");
  return {};
}

}  // namespace

void add_reopen_rows(Platform& platform, const char* program, Rows& rows) {
  for (const BackendKind kind : {BackendKind::rocksdb, BackendKind::sled})
    rows[fmt::format("{}.reopen", wasm::backend_name(kind))] = [&platform, program, kind]() -> Result<double> {
      const Folder folder("storage_reopen");
      AIRSSYS_TRY_VOID(write_and_kill(program, kind, folder.path()));
      const Instant begin = platform.now();
      AIRSSYS_TRY(const auto opened, wasm::open_backend({.kind = kind, .directory = folder.path()}));
      std::string value;
      AIRSSYS_TRY(const bool found, opened->get(Keyspace::guests, RandomEntries::key(0), value));
      const Duration took = platform.now() - begin;
      if (!found) return fail(Code::internal, "what was written is not there");
      return static_cast<double>(took.count());
    };
}

int write_until_killed(std::string_view kind, std::string_view directory) {
  const auto which = wasm::parse_backend(kind);
  if (!which) return 2;
  auto opened = wasm::open_backend({.kind = *which, .directory = directory, .may_wait = true});
  if (!opened) return 1;
  RandomEntries entries;
  for (std::uint64_t n = 0;; ++n) {
    const std::string key = RandomEntries::key(n % entry_count);
    const StorageWrite write{key, entries.any_value()};
    if (!(*opened)->write(Keyspace::guests, std::array{write}, wasm::Durability::process)) return 1;
    if (n != entries_before_kill) continue;
    if (!(*opened)->flush() || ::write(STDOUT_FILENO, "!", 1) != 1) return 1;
  }
}

}  // namespace airssys::bench
