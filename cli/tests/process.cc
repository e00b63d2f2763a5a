#include "process.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <utility>

namespace airssys::cli::testing {
namespace {

using Ends = std::array<int, 2>;  // to read from, to write to

struct Pipe {
  Pipe() { EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0); }
  Ends ends{};
};

Ends terminal() {
  const int ours = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  EXPECT_TRUE(ours >= 0 && ::grantpt(ours) == 0 && ::unlockpt(ours) == 0);
  std::array<char, 64> name{};
  EXPECT_EQ(::ptsname_r(ours, name.data(), name.size()), 0);
  return {ours, ::open(name.data(), O_RDWR | O_NOCTTY | O_CLOEXEC)};
}

void close_once(int& file) {
  if (file >= 0) ::close(std::exchange(file, -1));
}

void take(int& file, std::string& text) {
  std::array<char, 16384> buffer{};
  const ssize_t got = ::read(file, buffer.data(), buffer.size());
  if (got > 0)
    text.append(buffer.data(), static_cast<std::size_t>(got));
  else
    close_once(file);
}

}  // namespace

Process::Process(const std::vector<std::string>& command, const std::map<std::string, std::string>& environment, Output output) {
  Pipe in, out;
  const Ends err = output == Output::terminal ? terminal() : Pipe().ends;
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, in.ends[0], STDIN_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, out.ends[1], STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, err[1], STDERR_FILENO);
  std::vector<std::string> variables{"PATH=/usr/bin:/bin"};
  for (const auto& [name, value] : environment) variables.push_back(name + "=" + value);
  std::vector<char*> arguments, names;
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  for (const std::string& variable : variables) names.push_back(const_cast<char*>(variable.c_str()));
  arguments.push_back(nullptr);
  names.push_back(nullptr);
  // The reader must be gone before the first byte is written.
  if (output == Output::closed) {
    ::close(out.ends[0]);
    ::close(err[0]);
  } else {
    out_ = out.ends[0];
    err_ = err[0];
  }
  EXPECT_EQ(::posix_spawn(&id_, command[0].c_str(), &actions, nullptr, arguments.data(), names.data()), 0) << command[0];
  ::posix_spawn_file_actions_destroy(&actions);
  ::close(in.ends[0]);
  ::close(out.ends[1]);
  ::close(err[1]);
  in_ = in.ends[1];
}

Process::~Process() {
  if (id_ > 0) {
    ::kill(id_, SIGKILL);
    ::waitpid(id_, nullptr, 0);
  }
  close_once(in_);
  close_once(out_);
  close_once(err_);
}

void Process::write(const std::string& text) const {
  EXPECT_EQ(::write(in_, text.data(), text.size()), static_cast<ssize_t>(text.size()));
}

void Process::close_input() { close_once(in_); }

void Process::signal(int number) const { EXPECT_EQ(::kill(id_, number), 0); }

bool Process::pump(int timeout_ms) {
  std::array<pollfd, 2> watched{pollfd{out_, POLLIN, 0}, pollfd{err_, POLLIN, 0}};
  if (out_ < 0 && err_ < 0) return false;
  if (::poll(watched.data(), watched.size(), timeout_ms) == 0) return false;
  if (watched[0].revents != 0) take(out_, out_text_);
  if (watched[1].revents != 0) take(err_, err_text_);
  return true;
}

bool Process::wait_until(const std::function<bool()>& seen) {
  while (!seen())
    if (!pump(30'000)) return false;
  return true;
}

bool Process::wait_for_err(const std::string& text) {
  return wait_until([&] { return err_text_.contains(text); });
}

bool Process::wait_for_out(const std::string& text) {
  return wait_until([&] { return out_text_.contains(text); });
}

int Process::wait() {
  close_input();
  while (pump(-1)) {}
  int status = 0;
  EXPECT_EQ(::waitpid(std::exchange(id_, -1), &status, 0) > 0, true);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace airssys::cli::testing
