#include <airssys/sdk/component.h>

// Answers every request with its own payload.
class Echo : public airssys::component<Echo> {
 public:
  static constexpr airssys::metadata about{.version = "1.0.0", .description = "Answers every request with its own payload"};

  airssys::answer handle(airssys::message message) {
    if (message.payload().empty()) return airssys::invalid_message("nothing to echo");
    return message.take_payload();
  }
};
AIRSSYS_REGISTER_COMPONENT(Echo)
