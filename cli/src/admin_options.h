// Commands for a host that runs: they talk to it over its local socket.
#pragma once
#include <chrono>
#include <cstdint>
#include <string>

#include "airssys/base/time.h"
#include "airssys/wasm/core/multicodec.h"

namespace airssys::cli {

struct SendMessageOptions {
  std::string host;  // of all commands here: its name or process; empty: the only one
  std::string to;
  std::string payload;  // itself, "@FILE", or "-": all of standard input
  std::uint64_t codec = wasm::raw_codec;
  bool request = false;  // and its answer
  Duration timeout = std::chrono::seconds(5);
};

struct DeadLettersOptions {
  std::string host;
};

struct DeadLetterOptions {
  std::string host;
  std::uint64_t number = 0;
};

struct ResendOptions {
  std::string host;
  std::uint64_t number = 0;  // 0: all that can be
};

struct WatchTopicsOptions {
  std::string host, pattern;
};

}  // namespace airssys::cli
