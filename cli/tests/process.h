// A child process with pipes to its three standard streams, for tests of the real binary. Standard error may be a terminal.
#pragma once
#include <sys/types.h>

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace airssys::cli::testing {

class Process {
 public:
  // closed: the reading ends of its output are closed from the beginning; terminal: standard error is one.
  enum class Output { read, closed, terminal };

  // The environment is PATH and what is given here.
  Process(const std::vector<std::string>& command, const std::map<std::string, std::string>& environment,
          Output output = Output::read);
  // Kills and reaps what still runs.
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  void write(const std::string& text) const;  // to its standard input
  void close_input();
  void signal(int number) const;
  // Reads until `seen` says so. False: it ended, or said nothing for half a minute.
  [[nodiscard]] bool wait_until(const std::function<bool()>& seen);
  // The same until standard error contains the text.
  [[nodiscard]] bool wait_for_err(const std::string& text);
  // The same of standard output.
  [[nodiscard]] bool wait_for_out(const std::string& text);
  // Closes its input, reads to the end, and returns its exit code, or 128 + the number of the signal that ended it.
  [[nodiscard]] int wait();

  [[nodiscard]] const std::string& out() const { return out_text_; }
  [[nodiscard]] const std::string& err() const { return err_text_; }

 private:
  // One round of reading. False: both ends are closed, or nothing came for so long.
  bool pump(int timeout_ms);

  pid_t id_ = -1;
  int in_ = -1, out_ = -1, err_ = -1;
  std::string out_text_, err_text_;
};

}  // namespace airssys::cli::testing
