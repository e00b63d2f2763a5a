#include "apart_compiler.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <string>
#include <utility>

#include "airssys/base/units.h"
#include "airssys/wasm/bridge/handles.h"
#include "compile_protocol.h"
#include "file.h"

namespace airssys::wasm {
namespace {

// Machine code is larger than what it is made of, but not without bound.
constexpr std::uint64_t artifact_factor = 16;
constexpr std::uint64_t artifact_slack = std::uint64_t{64} << 20;

// Above those that the program gets them as: nothing is overwritten before it was handed over.
constexpr int least_fd = compile_answer_fd + 1;
int file_in_memory(const char* name) {
  const int fd = ::memfd_create(name, MFD_CLOEXEC);
  if (fd < 0 || fd >= least_fd) return fd;
  const int moved = ::fcntl(fd, F_DUPFD_CLOEXEC, least_fd);
  ::close(fd);
  return moved;
}

std::unexpected<Error> system_failure(std::string_view what, int why = errno) {
  return fail(Code::io, fmt::format("{} a component: {}", what, std::strerror(why)));
}

// Started with the two files as its descriptors 3 and 4, and nothing else of ours but standard error.
Result<pid_t> spawn(const std::filesystem::path& program, std::array<std::string, 4> words, int request, int answer) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, request, compile_request_fd);
  posix_spawn_file_actions_adddup2(&actions, answer, compile_answer_fd);
  std::array<char*, 5> argv{words[0].data(), words[1].data(), words[2].data(), words[3].data(), nullptr};
  char* const no_environment = nullptr;
  pid_t child = 0;
  const int why = ::posix_spawn(&child, program.c_str(), &actions, nullptr, argv.data(), &no_environment);
  posix_spawn_file_actions_destroy(&actions);
  if (why != 0)
    return fail(Code::unavailable, fmt::format("{}: {}; components are compiled by this program: install it there, or say in "
                                               "WasmtimeConfig::compiler where it is",
                                               program.native(), std::strerror(why)));
  return child;
}

struct Ended {
  int status = 0;
  bool late = false;
};

Ended wait_for(pid_t child, Duration at_most) {
  const File process(static_cast<int>(::syscall(SYS_pidfd_open, child, 0)));
  Ended ended;
  if (process) {
    pollfd poll{.fd = process.get(), .events = POLLIN, .revents = 0};
    const auto milliseconds = std::chrono::ceil<std::chrono::milliseconds>(at_most).count();
    int ready = 0;
    do ready = ::poll(&poll, 1, static_cast<int>(milliseconds));
    while (ready < 0 && errno == EINTR);
    ended.late = ready == 0;
    if (ended.late) ::kill(child, SIGKILL);
  }
  while (::waitpid(child, &ended.status, 0) < 0 && errno == EINTR) {}
  return ended;
}

Result<std::vector<std::byte>> read_answer(int fd, std::uint64_t most) {
  struct stat status{};
  if (::fstat(fd, &status) != 0) return system_failure("reading what became of");
  const auto size = static_cast<std::uint64_t>(status.st_size);
  if (size < sizeof(CompileAnswer) || size > most) return fail(Code::unavailable, "the compiler gave no answer");
  CompileAnswer head{};
  std::vector<std::byte> content(size - sizeof head);
  if (::pread(fd, &head, sizeof head, 0) != sizeof head) return system_failure("reading what became of");
  for (std::size_t have = 0; have < content.size();) {
    const ssize_t got = ::pread(fd, content.data() + have, content.size() - have, static_cast<off_t>(sizeof head + have));
    if (got <= 0) return system_failure("reading what became of");
    have += static_cast<std::size_t>(got);
  }
  if (head.code == 0) return content;
  const std::string text(reinterpret_cast<const char*>(content.data()), content.size());
  return fail(head.code == AW_INVALID_COMPONENT ? Code::invalid_component : Code::internal, text);
}

}  // namespace

ApartCompiler::ApartCompiler(std::filesystem::path program, const CompileLimits& limits)
    : program_(std::move(program)),
      limits_(limits) {}

std::filesystem::path ApartCompiler::default_program() {
  std::error_code error;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
  return (error ? std::filesystem::path() : self.parent_path()) / "airssys-compile";
}

Result<std::vector<std::byte>> ApartCompiler::compile(const aw_engine_config& config, std::span<const std::byte> wasm) const {
  const File request(file_in_memory("component"));
  const File answer(file_in_memory("artifact"));
  if (!request || !answer) return system_failure("making room for");
  const CompileRequest head{.magic = compile_magic, .config = config};
  if (!write_all(request.get(), std::as_bytes(std::span(&head, 1))) || !write_all(request.get(), wasm))
    return system_failure("handing over");
  const std::uint64_t artifact_bytes = wasm.size() * artifact_factor + artifact_slack;
  const auto seconds = std::max<std::int64_t>(1, std::chrono::ceil<std::chrono::seconds>(limits_.cpu_time).count());
  AIRSSYS_TRY(const pid_t child, spawn(program_,
                                       {"airssys-compile", fmt::format("{}", limits_.memory_bytes), fmt::format("{}", seconds),
                                        fmt::format("{}", artifact_bytes)},
                                       request.get(), answer.get()));
  const Ended ended = wait_for(child, 5 * std::chrono::seconds(seconds));
  const auto beyond = [](std::string what) { return fail(Code::resource_limit_exceeded, std::move(what)); };
  const auto without_memory = [&] {
    return beyond(fmt::format("compiling it needs more than {} of memory (max_compile_memory); make it smaller, or its functions",
                              format_size(limits_.memory_bytes)));
  };
  if (WIFEXITED(ended.status)) {
    if (WEXITSTATUS(ended.status) == 0) return read_answer(answer.get(), artifact_bytes);
    if (WEXITSTATUS(ended.status) == compile_artifact_too_large)
      return beyond(fmt::format("its machine code is above {}; split the component", format_size(artifact_bytes)));
    if (WEXITSTATUS(ended.status) == compile_without_memory) return without_memory();
    return fail(Code::unavailable, fmt::format("{} does not fit this host; install the two of one version", program_.native()));
  }
  const int signal = WTERMSIG(ended.status);
  if (ended.late || signal == SIGXCPU || signal == SIGKILL)
    return beyond(
        fmt::format("compiling it takes more than {} s of processor time (max_compile_time); make it smaller, or its "
                    "functions",
                    seconds));
  if (signal == SIGABRT) return without_memory();  // what Rust and the C library do when an allocation fails
  return beyond(
      fmt::format("the compiler broke down over it (signal {}); if it is a component that others run, report it", signal));
}

}  // namespace airssys::wasm
