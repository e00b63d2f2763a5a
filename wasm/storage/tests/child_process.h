// store_child, with both ends of its standard streams, and how it is killed while it writes.
#pragma once
#include <fcntl.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "airssys/base/descriptor.h"
#include "numbered_entries.h"

namespace airssys::wasm::testing {

class ChildProcess {
 public:
  explicit ChildProcess(std::vector<std::string> words) {
    std::array<int, 2> in{};
    std::array<int, 2> out{};
    if (::pipe2(in.data(), O_CLOEXEC) != 0 || ::pipe2(out.data(), O_CLOEXEC) != 0) return;
    const Descriptor child_in(in[0]);
    const Descriptor child_out(out[1]);
    in_ = Descriptor(in[1]);
    out_ = Descriptor(out[0]);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in[0], STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
    words.insert(words.begin(), STORE_CHILD);
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    EXPECT_EQ(::posix_spawn(&process_, STORE_CHILD, &actions, nullptr, arguments.data(), environ), 0);
    posix_spawn_file_actions_destroy(&actions);
  }
  ~ChildProcess() {
    if (process_ > 0) kill();
  }
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  [[nodiscard]] pid_t id() const noexcept { return process_; }
  // Reads that many bytes; false at the end of its output.
  [[nodiscard]] bool read(void* to, std::size_t size) {
    std::size_t got = 0;
    while (got < size) {
      const ssize_t some = ::read(out_.get(), static_cast<char*>(to) + got, size - got);
      if (some <= 0) return false;
      got += static_cast<std::size_t>(some);
    }
    return true;
  }
  void end_input() { in_ = Descriptor(); }
  void kill() {
    ::kill(process_, SIGKILL);
    static_cast<void>(wait());
  }
  // Its exit code; -1 when a signal ended it.
  int wait() {
    int status = 0;
    ::waitpid(process_, &status, 0);
    process_ = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

 private:
  Descriptor in_, out_;
  pid_t process_ = 0;
};

// Starts a writer, and kills it once it has told `until` of its writes; what it had told by then is in `acknowledged`.
template <std::size_t writers>
void kill_writer(std::vector<std::string> words, std::size_t until, std::array<std::uint64_t, writers>& acknowledged) {
  ChildProcess child(std::move(words));
  Acknowledged told;
  const auto hear = [&] {
    if (!child.read(&told, sizeof told)) return false;
    acknowledged.at(told.writer) = told.number;
    return true;
  };
  for (std::size_t n = 0; n < until; ++n) ASSERT_TRUE(hear());
  ::kill(child.id(), SIGKILL);
  while (hear()) {}
  EXPECT_EQ(child.wait(), -1);
}

}  // namespace airssys::wasm::testing
