#include <airssys/sdk/component.h>
#include <airssys/sdk/retry.h>
#ifdef AIRSSYS_WORLD_WAITS
#include <airssys/sdk/waiting.h>
#endif

#include <vector>

// Uses the C++ SDK for what its message says; rust-sdk does the same with the Rust one, python-talker without one. Raw text is a
// command:
//   send TARGET TEXT          answers `done` or the refusal
//   broadcast A,B TEXT        answers an outcome for each, with commas
//   ask TARGET MS TEXT        a request; its outcome is a line of the log, `answer …` or `error …`
//   again TARGET MS TEXT      the same, tried three times, each with twice the time
//   cancel TARGET TEXT        a request that is cancelled at once
//   publish TOPIC TEXT        what is published as news.<one segment> is a line of the log, `news …`, and as <one segment>.alarm
//                             another one, `alarm …`
//   deadline                  answers how many milliseconds are left for the answer, or `none`
//   crash                     crashes as its language does
//   sleep MS TEXT             answers TEXT after that time; C++ in the world waiting-component only
//   anything else             is a line of the log, `heard …`, and its own answer
// Borsh or JSON is two numbers, answered by their sum in the same.
namespace {

struct Terms {
  std::uint32_t a = 0;
  std::uint32_t b = 0;
  AIRSSYS_FIELDS(a, b)
};
struct Sum {
  std::uint64_t sum = 0;
  AIRSSYS_FIELDS(sum)
};

std::string_view take_word(std::string_view& text) {
  const std::size_t space = text.find(' ');
  const std::string_view word = text.substr(0, space);
  text.remove_prefix(space == std::string_view::npos ? text.size() : space + 1);
  return word;
}

std::uint64_t number(std::string_view text) {
  std::uint64_t value = 0;
  for (const char digit : text) value = value * 10 + static_cast<std::uint64_t>(digit - '0');
  return value;
}

void log_outcome(const airssys::response& got) {
  airssys::log::info(got ? "answer " + std::string(got->text()) : "error " + got.error().text());
}

std::string outcome(const auto& done) { return done ? "done" : done.error().text(); }

}  // namespace

class Talker : public airssys::component<Talker> {
 public:
  static constexpr airssys::metadata about{.name = "", .description = "Talks to others"};

  airssys::status init(const airssys::config&) {
    // Without the grant it has no news.
    static_cast<void>(airssys::on<"news.*">([](const airssys::message& news) {
      airssys::log::info("news " + airssys::current_metadata().topic.value_or("") + " " + std::string(news.text()));
    }));
    static_cast<void>(
        airssys::on<"*.alarm">([](const airssys::message& alarm) { airssys::log::info("alarm " + std::string(alarm.text())); }));
    return {};
  }

  airssys::answer handle(airssys::message message) {
    if (message.codec() != airssys::codec::raw) return add(message);
    std::string_view rest = message.text();
    const std::string_view command = take_word(rest);
    if (command == "send") {
      const std::string_view target = take_word(rest);
      return outcome(airssys::send(target, rest));
    }
    if (command == "broadcast") return broadcast(rest);
    if (command == "ask" || command == "again") return ask(rest, command == "again");
    if (command == "cancel") return cancel(rest);
    if (command == "publish") {
      const std::string_view topic = take_word(rest);
      return outcome(airssys::publish(topic, rest));
    }
    if (command == "deadline") {
      const auto left = airssys::current_metadata().deadline;
      return left ? std::to_string(*left / 1'000'000) : "none";
    }
    if (command == "crash") __builtin_trap();
#ifdef AIRSSYS_WORLD_WAITS
    if (command == "sleep") return airssys::sleep_ms(number(take_word(rest))), rest;
#endif
    airssys::log::info("heard " + std::string(message.text()));
    return message.take_payload();
  }

 private:
  static airssys::answer add(const airssys::message& message) {
    const auto terms = airssys::decode<Terms>(message.payload());
    if (!terms) return airssys::invalid_message(terms.error());
    auto sum = airssys::encode(Sum{std::uint64_t{terms->a} + terms->b}, message.codec());
    if (!sum) return airssys::failed(sum.error());
    return *std::move(sum);
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
    for (const auto& sent : airssys::broadcast(targets, rest))
      outcomes.append(outcomes.empty() ? "" : ", ").append(outcome(sent));
    return outcomes;
  }

  static airssys::answer ask(std::string_view rest, bool again) {
    const std::string_view target = take_word(rest);
    const std::uint64_t timeout = number(take_word(rest));
    const auto log = [](airssys::response got) { log_outcome(got); };
    if (!again) return outcome(airssys::request(target, rest, timeout, log));
    return outcome(airssys::request_again(target, rest, {.attempts = 3, .timeout_ms = {.first = timeout}}, log));
  }

  static airssys::answer cancel(std::string_view rest) {
    const std::string_view target = take_word(rest);
    const auto id = airssys::request(target, rest, airssys::default_timeout_ms, log_outcome);
    if (!id) return outcome(id);
    return outcome(airssys::cancel(*id)) + ", then " + outcome(airssys::cancel(*id));
  }
};
AIRSSYS_REGISTER_COMPONENT(Talker)
