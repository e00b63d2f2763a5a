#include <airssys/sdk/component.h>
#include <airssys/sdk/host.h>
#include <airssys/sdk/requests.h>
#include <airssys/sdk/topics.h>
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
//   call NAME TEXT     answers what a function of the host answered, or the case of its error and the text
//   granted KIND ACTION TARGET   answers `yes` or `no`
//   ask-many N TARGET  sends to it N times, a `*` at its end being the number; answers the counts and the last refusal
//   seq ONE;OTHER      obeys each, and answers a line for each
//   sender             answers who sent this message
//   ask TARGET MS TEXT answers `asked` or the refusal; how the request ended is a line of the log, `outcome …`
//   cancel             cancels the last of these, whatever became of it
//   subscribe PATTERN  what is published is a command like any other       publish TOPIC TEXT
//   wire TARGET HEX    sends these bytes as they are   huge TARGET BYTES    sends so many
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
    sender_ = message.sender();
    return obey(message.text());
  }

 private:
  airssys::answer obey(std::string_view rest) {
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
    if (command == "call") return call(rest);
    if (command == "granted") return granted(rest);
    if (command == "ask-many") return ask_many(rest);
    if (command == "seq") return in_sequence(rest);
    if (command == "sender") return sender_;
    if (command == "ask") return ask(rest);
    if (command == "cancel") return outcome(airssys::cancel(last_request_));
    if (command == "subscribe") return outcome(airssys::subscribe(rest));
    if (command == "publish") {
      const std::string_view topic = take_word(rest);
      return outcome(airssys::publish(topic, rest));
    }
    if (command == "wire" || command == "huge") return send_bytes(command == "huge", rest);
    return misbehave(command, rest);
  }

  static airssys::answer log(std::string_view rest) {
    constexpr std::string_view names[] = {"trace", "debug", "info", "warn", "error"};
    const std::string_view wanted = take_word(rest);
    const auto* found = std::find(std::begin(names), std::end(names), wanted);
    if (found == std::end(names)) return airssys::invalid_message("no such level");
    airssys::log::write(static_cast<airssys::log::level>(found - std::begin(names)), rest, {{"from", "puppet"}});
    return {};
  }

  static std::string outcome(const auto& done, const char* well = "sent") { return done ? well : done.error().text(); }

  static airssys::answer send(std::string_view rest) {
    const std::string_view target = take_word(rest);
    return outcome(airssys::send(target, rest));
  }

  airssys::answer ask(std::string_view rest) {
    const std::string_view target = take_word(rest);
    const std::uint64_t timeout_ms = number(take_word(rest));
    const auto asked = airssys::request(target, rest, timeout_ms, [](const airssys::response& got) {
      airssys::log::info("outcome " + (got ? std::string(got->text()) : got.error().text()));
    });
    if (asked) last_request_ = *asked;
    return outcome(asked, "asked");
  }

  // Of the bindings, as the SDK sends nothing that is no payload.
  static airssys::answer send_bytes(bool huge, std::string_view rest) {
    airssys::detail::wit_string target = airssys::detail::lend(take_word(rest));
    std::vector<std::uint8_t> bytes(huge ? number(rest) : 0, 0x55);
    for (std::size_t at = 0; !huge && at + 1 < rest.size(); at += 2)
      std::from_chars(rest.data() + at, rest.data() + at + 2, bytes.emplace_back(), 16);
    airssys::detail::wit_bytes wire{bytes.data(), bytes.size()};
    airssys_core_messaging_messaging_error_t refusal;
    if (airssys_core_messaging_send_message(&target, &wire, &refusal)) return "sent";
    return airssys::detail::take(refusal).text();
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

  // Of the bindings, as the SDK's call_host does not say which case it was.
  static airssys::answer call(std::string_view rest) {
    airssys::detail::wit_string name = airssys::detail::lend(take_word(rest));
    airssys::detail::wit_bytes given{const_cast<std::uint8_t*>(reinterpret_cast<const std::uint8_t*>(rest.data())), rest.size()};
    airssys::detail::wit_bytes reply;
    airssys_core_services_services_error_t refusal;
    if (airssys_core_services_call_host_function(&name, &given, &reply, &refusal))
      return std::string(airssys::bytes::adopt(reply.ptr, reply.len).text());
    if (refusal.tag == AIRSSYS_CORE_SERVICES_SERVICES_ERROR_NOT_FOUND) return "not found";
    const airssys::bytes text = airssys::bytes::adopt(refusal.val.failed.ptr, refusal.val.failed.len);
    const bool denied = refusal.tag == AIRSSYS_CORE_SERVICES_SERVICES_ERROR_PERMISSION_DENIED;
    return (denied ? "permission denied: " : "failed: ") + std::string(text.text());
  }

  static airssys::answer granted(std::string_view rest) {
    const std::string_view kind = take_word(rest), action = take_word(rest);
    airssys_core_capabilities_capability_t wanted{
        .kind = airssys::detail::lend(kind), .action = airssys::detail::lend(action), .target = airssys::detail::lend(rest)};
    return airssys_core_capabilities_is_granted(&wanted) ? "yes" : "no";
  }

  static airssys::answer ask_many(std::string_view rest) {
    const std::uint64_t times = number(take_word(rest));
    const bool numbered = rest.ends_with('*');
    std::string target(rest.substr(0, rest.size() - (numbered ? 1 : 0)));
    const std::size_t fixed = target.size();
    std::uint64_t sent = 0;
    std::string last;
    for (std::uint64_t n = 0; n < times; ++n) {
      if (numbered) target.replace(fixed, std::string::npos, std::to_string(n));
      if (auto outcome = airssys::send(target, "nothing"))
        ++sent;
      else if (n + 1 == times || last.empty())
        last = outcome.error().text();
    }
    return "sent " + std::to_string(sent) + ", refused " + std::to_string(times - sent) + ": " + last;
  }

  airssys::answer in_sequence(std::string_view rest) {
    std::string answers;
    while (!rest.empty()) {
      const std::size_t end = rest.find(';');
      airssys::answer one = obey(rest.substr(0, end));
      if (!one) return one;
      if (*one) answers.append((**one).text());
      answers.append("\n");
      rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    }
    return answers;
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
  airssys::request_id last_request_{};
  std::string sender_;
  std::string config_;
  std::string unhealthy_;
  std::string shutdown_text_;
  std::vector<volatile std::uint8_t*> taken_;
};
AIRSSYS_REGISTER_COMPONENT(Puppet)
