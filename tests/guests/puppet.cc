#include <airssys/sdk/component.h>
#ifdef AIRSSYS_WORLD_WAITS
#include <airssys/sdk/waiting.h>
#endif

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <vector>

// Does what its message says, so that one binary proves every limit of the host. A command is one word, then its argument:
//   echo TEXT          answers TEXT                      nothing            answers nothing
//   count              answers the messages so far       config             answers limits and grants
//   fail TEXT          ordinary error `failed`           invalid TEXT       ordinary error `invalid-message`
//   send TARGET TEXT   answers `sent` or the refusal     broadcast A,B TEXT answers one outcome per target
//   self               answers self-id                   log LEVEL TEXT     one log line
//   flood TARGET TEXT  sends it for ever                 babble TEXT        logs it for ever
//   print TEXT         stdout, no line end of its own    eprint TEXT        the same to stderr
//   alloc BYTES        keeps and touches that much       spin               never returns
//   recurse            overflows the stack               trap               unreachable
//   divide             divides by zero                   bounds             reads past its memory
//   abort, exit        as in C                           sleep MS           world waiting-component only
//   unhealthy TEXT     so says the next health check
// `\n` in TEXT of print and eprint means a line end. Environment: `fail-init` and `fail-shutdown` hold the error of each.

namespace {

volatile std::uint32_t bottom = 0xFFFFFFFF;
volatile std::uint32_t zero = 0;

[[gnu::noinline]] std::uint32_t descend(std::uint32_t depth) {
  if (depth == bottom) return depth;
  const std::uint32_t below = descend(depth + 1);
  return (below >> 1) - depth;
}

std::uint64_t number(std::string_view text) {
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::string_view take_word(std::string_view& text) {
  const std::size_t space = text.find(' ');
  const std::string_view word = text.substr(0, space);
  text.remove_prefix(space == std::string_view::npos ? text.size() : space + 1);
  return word;
}

void print(std::FILE* to, std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool line_end = text[i] == '\\' && i + 1 < text.size() && text[i + 1] == 'n';
    std::fputc(line_end ? '\n' : text[i], to);
    if (line_end) ++i;
  }
}

}  // namespace

class Puppet : public airssys::component<Puppet> {
 public:
  // Without name and version: one binary plays under the name of any manifest.
  static constexpr airssys::metadata about{.name = "", .description = "Does what its message says"};

  airssys::status init(const airssys::config& config) {
    if (auto text = config.env("fail-init")) return airssys::failed(std::string(*text));
    shutdown_text_ = config.env("fail-shutdown").value_or("");
    const airssys::limits limits = config.limits();
    config_ = std::to_string(limits.memory_bytes) + " " + std::to_string(limits.fuel_per_call) + " " +
              std::to_string(limits.call_timeout_ms);
    for (std::size_t i = 0; i < config.granted_count(); ++i) {
      const airssys::capability grant = config.granted(i);
      config_.append("\n").append(grant.kind).append(".").append(grant.action).append(" ").append(grant.target);
    }
    return {};
  }

  airssys::health_report health() {
    if (unhealthy_.empty()) return {};
    return {airssys::health_status::unhealthy, unhealthy_};
  }

  airssys::status shutdown() {
    if (shutdown_text_.empty()) return {};
    return airssys::failed(shutdown_text_);
  }

  airssys::answer handle(airssys::message message) {
    ++handled_;
    std::string_view rest = message.text();
    const std::string_view command = take_word(rest);
    if (command == "echo") return rest;
    if (command == "nothing") return {};
    if (command == "count") return std::to_string(handled_);
    if (command == "config") return config_;
    if (command == "self") return airssys::self_id();
    if (command == "fail") return airssys::failed(std::string(rest));
    if (command == "invalid") return airssys::invalid_message(std::string(rest));
    if (command == "unhealthy") return unhealthy_ = rest, airssys::answer{};
    if (command == "print") return print(stdout, rest), airssys::answer{};
    if (command == "eprint") return print(stderr, rest), airssys::answer{};
    if (command == "log") return log(rest);
    if (command == "send") return send(rest);
    if (command == "broadcast") return broadcast(rest);
    return misbehave(command, rest);
  }

 private:
  static airssys::answer log(std::string_view rest) {
    constexpr std::string_view names[] = {"trace", "debug", "info", "warn", "error"};
    const std::string_view wanted = take_word(rest);
    const auto* found = std::find(std::begin(names), std::end(names), wanted);
    if (found == std::end(names)) return airssys::invalid_message("no such level");
    airssys::log::write(static_cast<airssys::log::level>(found - std::begin(names)), rest, {{"from", "puppet"}});
    return {};
  }

  static std::string outcome(const std::expected<void, airssys::messaging_error>& sent) {
    return sent ? "sent" : sent.error().text();
  }

  static airssys::answer send(std::string_view rest) {
    const std::string_view target = take_word(rest);
    return outcome(airssys::send(target, rest));
  }

  static airssys::answer broadcast(std::string_view rest) {
    std::string_view list = take_word(rest);
    std::vector<std::string_view> targets;
    while (!list.empty()) {
      const std::size_t comma = list.find(',');
      targets.push_back(list.substr(0, comma));
      list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 1);
    }
    std::string outcomes;
    for (const auto& sent : airssys::broadcast(targets, rest)) outcomes.append(outcome(sent)).append("\n");
    return outcomes;
  }

  airssys::answer misbehave(std::string_view command, std::string_view rest) {
    if (command == "alloc") return allocate(number(rest));
    if (command == "flood") {
      for (const std::string_view target = take_word(rest);;) static_cast<void>(airssys::send(target, rest));
    }
    if (command == "babble") {
      for (;;) airssys::log::info(rest);
    }
    if (command == "spin") {
      for (volatile unsigned turns = 0;; turns = turns + 1) {}
    }
    if (command == "recurse") return std::to_string(descend(0));
    if (command == "trap") __builtin_trap();
    if (command == "divide") return std::to_string(handled_ / zero);
    // Past the largest memory that a component may have.
    if (command == "bounds") return std::to_string(*reinterpret_cast<volatile std::uint32_t*>(std::uintptr_t{0xFFFFFFF0}));
    if (command == "abort") std::abort();
    if (command == "exit") std::exit(0);
#ifdef AIRSSYS_WORLD_WAITS
    if (command == "sleep") return airssys::sleep_ms(number(rest)), "slept";
#endif
    return airssys::invalid_message("unknown command: " + std::string(command));
  }

  airssys::answer allocate(std::uint64_t size) {
    constexpr std::size_t page = 4 * 1024;
    auto* memory = new volatile std::uint8_t[size];
    for (std::size_t at = 0; at < size; at += page) memory[at] = 1;
    taken_.push_back(memory);
    return "allocated";
  }

  unsigned handled_ = 0;
  std::string config_;
  std::string unhealthy_;
  std::string shutdown_text_;
  std::vector<volatile std::uint8_t*> taken_;
};
AIRSSYS_REGISTER_COMPONENT(Puppet)
