#include "admin_options.h"

#include <fmt/format.h>

#include <charconv>
#include <memory>

#include "airssys/base/text.h"
#include "airssys/base/topic.h"
#include "airssys/base/units.h"
#include "airssys/wasm/admin/protocol.h"
#include "command_line.h"

namespace airssys::cli {
namespace {

struct Raw {
  std::string host, to, payload, codec, timeout, number, pattern;
  bool request = false, all = false;
};

Result<Command> take_send(const Raw& raw, const CLI::App& app) {
  AIRSSYS_TRY_VOID(required(app, raw.to, "NAME"));
  if (app.get_option("PAYLOAD")->empty()) AIRSSYS_TRY_VOID(required(app, "", "PAYLOAD"));
  SendMessageOptions options{.host = raw.host, .to = raw.to, .payload = raw.payload};
  options.request = raw.request;
  if (!raw.codec.empty()) {
    AIRSSYS_TRY(options.codec, parse_codec(raw.codec));
  }
  if (raw.timeout.empty()) return options;
  if (!raw.request) return usage("send: --timeout is for --request; without it nothing is waited for");
  auto timeout = parse_duration(raw.timeout);
  if (!timeout) return std::unexpected(std::move(timeout).error().within("--timeout"));
  if (*timeout <= Duration::zero() || *timeout > wasm::max_admin_timeout)
    return usage(fmt::format("send: --timeout {} is out of range; write 1ms to {}", raw.timeout,
                             format_duration(wasm::max_admin_timeout)));
  options.timeout = *timeout;
  return options;
}

Result<std::uint64_t> parse_number(const CLI::App& app, const std::string& text) {
  AIRSSYS_TRY_VOID(required(app, text, "the number of a dead letter"));
  std::uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error == std::errc() && stop == end && number > 0) return number;
  return usage(fmt::format("{}: {} is no number of a dead letter; see 'airssys-wasm deadletters list'", app.get_name(),
                           airssys::quoted(text)));
}

Result<Command> take_show(const Raw& raw, const CLI::App& app) {
  AIRSSYS_TRY(const std::uint64_t number, parse_number(app, raw.number));
  return DeadLetterOptions{raw.host, number};
}

Result<Command> take_resend(const Raw& raw, const CLI::App& app) {
  if (raw.all && !raw.number.empty()) return usage("resend: a number and --all do not go together");
  if (raw.all) return ResendOptions{raw.host, 0};
  AIRSSYS_TRY(const std::uint64_t number, parse_number(app, raw.number));
  return ResendOptions{raw.host, number};
}

Result<Command> take_watch(const Raw& raw, const CLI::App& app) {
  AIRSSYS_TRY_VOID(required(app, raw.pattern, "PATTERN"));
  if (const auto pattern = TopicPattern::parse(raw.pattern); !pattern)
    return std::unexpected(Error(pattern.error()).within("watch"));
  return WatchTopicsOptions{raw.host, raw.pattern};
}

void add_host(CLI::App& app, const std::shared_ptr<Raw>& raw) {
  app.add_option("--host", raw->host, "Which of the hosts that run (default: the only one)")->type_name("NAME|PID");
}

void declare_send(CommandLine& line) {
  const auto raw = std::make_shared<Raw>();
  CLI::App& app = line.add(line.root(), "send", "Send a message to a component of a host that runs",
                           [raw](const CLI::App& self) { return take_send(*raw, self); });
  app.add_option("NAME", raw->to, "The component: echo, photos/indexer/2")->type_name("");
  app.add_option("PAYLOAD", raw->payload, "The message itself; @FILE: what the file holds; -: all of standard input")
      ->type_name("");
  app.add_flag("--request", raw->request, "Wait for its answer, and print that");
  app.add_option("--codec", raw->codec, "What the payload is written in (default raw)")->type_name("NAME");
  app.add_option("--timeout", raw->timeout, "How long an answer is waited for (default 5s)")->type_name("DURATION");
  add_host(app, raw);
  app.footer(
      "Ends with 4 when no host runs.\n\n"
      "Examples:\n"
      "  airssys-wasm send echo hello --request\n"
      "  airssys-wasm send orders @order.json --codec json\n"
      "  date | airssys-wasm send clock -");
}

void declare_dead_letters(CommandLine& line) {
  const auto raw = std::make_shared<Raw>();
  CLI::App& group = line.add_group("deadletters", "Look at the messages that nobody handled, and send them again");
  CLI::App& list = line.add(group, "list", "List those that the host keeps",
                            [raw](const CLI::App&) -> Result<Command> { return DeadLettersOptions{raw->host}; });
  add_host(list, raw);
  list.footer("Example:\n  airssys-wasm deadletters list");
  CLI::App& show =
      line.add(group, "show", "Show one, with its contents", [raw](const CLI::App& self) { return take_show(*raw, self); });
  show.add_option("N", raw->number, "Its number")->type_name("");
  add_host(show, raw);
  show.footer("Example:\n  airssys-wasm deadletters show 7");
  CLI::App& resend = line.add(group, "resend", "Put one into its receiver's mailbox once more",
                              [raw](const CLI::App& self) { return take_resend(*raw, self); });
  resend.add_option("N", raw->number, "Its number")->type_name("");
  resend.add_flag("--all", raw->all, "All that the host keeps the contents of, and that were not sent again yet");
  add_host(resend, raw);
  resend.footer("Example:\n  airssys-wasm deadletters resend 7");
}

void declare_topics(CommandLine& line) {
  const auto raw = std::make_shared<Raw>();
  CLI::App& group = line.add_group("topics", "Look at what components publish");
  CLI::App& watch = line.add(group, "watch", "Show what is published from now on, until Ctrl-C",
                             [raw](const CLI::App& self) { return take_watch(*raw, self); });
  watch.add_option("PATTERN", raw->pattern, "orders.created, orders.* (one more part), orders.** (any number of parts)")
      ->type_name("");
  add_host(watch, raw);
  watch.footer("With --json a document on each line.\n\nExample:\n  airssys-wasm topics watch 'orders.**'");
}

}  // namespace

void declare_admin(CommandLine& line) {
  declare_send(line);
  declare_dead_letters(line);
  declare_topics(line);
}

}  // namespace airssys::cli
