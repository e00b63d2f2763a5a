#include "storage_files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

#include "airssys/base/units.h"
#include "home.h"
#include "prompt.h"

namespace airssys::cli {
namespace {

namespace fs = std::filesystem;
using wasm::BackendKind;

constexpr Duration shown_every = std::chrono::milliseconds(100);
constexpr Duration glance = std::chrono::milliseconds(200);  // how soon Ctrl-C is noticed while nothing comes

std::unexpected<Error> failed(const fs::path& path, int error) {
  return fail(error == ENOENT ? Code::not_found : Code::io,
              fmt::format("{}: {}", path.native(), std::generic_category().message(error)));
}

Result<std::unique_ptr<wasm::StorageBackend>> open(const fs::path& directory, BackendKind kind, Narration& narration) {
  AIRSSYS_TRY(auto backend, wasm::open_backend({.kind = kind, .directory = directory, .may_wait = true}));
  AIRSSYS_TRY(const wasm::RecoveredTransfer recovered, wasm::recover_transfer(*backend));
  if (recovered.kind != wasm::RecoveredTransfer::Kind::nothing) {
    const bool undone = recovered.kind == wasm::RecoveredTransfer::Kind::import_undone;
    narration.warning(fmt::format("{} that was killed has been {}: {} keys", undone ? "an import" : "a deletion",
                                  undone ? "undone" : "finished", recovered.keys));
  }
  return backend;
}

// Where it is bounded by the disk, and goes with the process.
Result<Descriptor> spool(Context& context) {
  const std::string_view named = variable(context, "TMPDIR");
  const fs::path folder = named.empty() ? fs::path("/tmp") : fs::path(named);
  Descriptor file(::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (!file) return failed(folder, errno);
  std::uint64_t bytes = 0;
  std::array<char, 65536> piece;
  for (;;) {
    if (context.interrupt.requested()) return fail(Code::cancelled, "interrupted");
    AIRSSYS_TRY(const Input input, context.console.read(piece, glance));
    if (input.state == Input::State::end) return file;
    if (input.state == Input::State::nothing_yet) continue;
    bytes += input.bytes;
    if (bytes > max_spool_bytes)
      return fail(Code::exhausted,
                  fmt::format("standard input: more than {}, the most that is kept of it; write it to a file and "
                              "import that",
                              format_size(max_spool_bytes)));
    for (std::string_view rest(piece.data(), input.bytes); !rest.empty();) {
      const ssize_t put = ::write(file.get(), rest.data(), rest.size());
      if (put < 0 && errno != EINTR) return failed(folder, errno);
      if (put > 0) rest.remove_prefix(static_cast<std::size_t>(put));
    }
  }
}

}  // namespace

Result<fs::path> storage_directory(const fs::path& named, const Context& context) {
  if (!named.empty()) return named;
  AIRSSYS_TRY(const Home home, find_home(context));
  return home.data();
}

Result<std::unique_ptr<wasm::StorageBackend>> open_store(const fs::path& directory, Narration& narration) {
  AIRSSYS_TRY(const auto kind, wasm::backend_of(directory));
  if (!kind)
    return fail(Code::not_found, fmt::format("{}: nothing is kept there; --data names another directory", directory.native()));
  return open(directory, *kind, narration);
}

Result<std::unique_ptr<wasm::StorageBackend>> open_or_make_store(const fs::path& directory, std::optional<BackendKind> wanted,
                                                                 Narration& narration) {
  AIRSSYS_TRY(const auto kind, wasm::backend_of(directory));
  if (kind && wanted && *kind != *wanted)
    return fail(Code::invalid_configuration,
                fmt::format("{}: is kept by {}, and --backend is for a directory that is not there yet; leave it out, or see "
                            "'airssys-wasm storage migrate --help'",
                            directory.native(), backend_name(*kind)));
  return open(directory, kind.value_or(wanted.value_or(BackendKind::rocksdb)), narration);
}

Error needs_stopped_host(Error refused, std::string_view command) {
  const std::string process(refused.field("process"));
  if (process.empty()) return refused;
  return Error(Code::unavailable, fmt::format("{} needs the storage directory for itself, and process {} has it open; stop that "
                                              "host first, as by Ctrl-C in its terminal",
                                              command, process));
}

Result<std::string> ask_host(std::string_view host, const wasm::AdminRequest& request, std::string_view doing,
                             Narration& narration, const Context& context) {
  constexpr Duration at_most = std::chrono::hours(24);
  AIRSSYS_TRY(AdminClient client, AdminClient::connect(host, context));
  narration.progress(fmt::format("{}: the host {} does it", doing, client.host().host));
  auto answer = client.ask(request, at_most);
  narration.progress("");
  return answer;
}

Result<fs::path> path_for_host(std::string_view suffix, const Context& context) {
  AIRSSYS_TRY(const Home home, find_home(context));
  std::error_code error;
  const fs::path folder = fs::absolute(home.folder(), error) / "run";
  return folder / fmt::format("storage-{}{}", ::getpid(), suffix);
}

Result<Descriptor> open_export(const fs::path& file, Context& context) {
  if (file == "-") return spool(context);
  Descriptor opened(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!opened) return failed(file, errno);
  struct ::stat status{};
  if (::fstat(opened.get(), &status) != 0) return failed(file, errno);
  if (!S_ISREG(status.st_mode))
    return fail(Code::invalid_argument,
                fmt::format("{}: is no regular file, and it is read twice; write - and give it to standard "
                            "input",
                            file.native()));
  return opened;
}

wasm::TransferWatch StorageProgress::watch() {
  return [this](std::uint64_t keys, std::uint64_t bytes) {
    const Instant now = context_.platform.now();
    if (now - shown_ >= shown_every) {
      shown_ = now;
      narration_.progress(keys == 0 ? fmt::format("{}: {}", doing_, format_size(bytes))
                                    : fmt::format("{}: {} keys, {}", doing_, keys, format_size(bytes)));
    }
    return !context_.interrupt.requested() && !context_.console.broken();
  };
}

Result<> consent(bool said, std::string_view question, std::string_view otherwise, Context& context) {
  if (said) return {};
  const auto answer = ask(fmt::format("{}\nType yes to go on: ", question), context);
  if (answer == "yes") return {};
  return fail(Code::invalid_argument, answer
                                          ? fmt::format("{}; type yes, in full, to go on", otherwise)
                                          : fmt::format("{}, as nobody is here to say yes; add --yes if you mean it", otherwise));
}

}  // namespace airssys::cli
