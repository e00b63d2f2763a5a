#include <airssys/sdk/component.h>
#include <airssys/sdk/waiting.h>

#include <charconv>

// Sleeps for the number of milliseconds in the message, then logs.
class Sleeper : public airssys::component<Sleeper> {
 public:
  static constexpr airssys::metadata about{.version = "1.0.0", .description = "Sleeps as long as it is told"};

  airssys::answer handle(airssys::message message) {
    const std::string_view text = message.text().substr(0, message.text().find('\n'));
    std::uint32_t duration = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), duration);
    if (failure != std::errc{} || end != text.data() + text.size()) {
      return airssys::invalid_message("expected a number of milliseconds, got: " + std::string(text));
    }
    airssys::sleep_ms(duration);
    const std::string done = "slept " + std::to_string(duration) + " ms";
    airssys::log::info(done);
    return done;
  }
};
AIRSSYS_REGISTER_COMPONENT(Sleeper)
