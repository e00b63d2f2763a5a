#include <airssys/sdk/component.h>
#include <airssys/sdk/host.h>

// Greets whom it is told of, with a motto of the program around it, and sends that back.
class Greeter : public airssys::component<Greeter> {
 public:
  static constexpr airssys::metadata about{.version = "1.0.0", .description = "Greets with the motto of the program around it"};

  airssys::answer handle(airssys::message message) {
    const auto motto = airssys::call_host("motto");
    if (!motto) return airssys::failed(motto.error());
    const std::string greeting = "hello, " + std::string(message.text()) + "; " + std::string(motto->text());
    if (const auto sent = airssys::send("desk", greeting); !sent) return airssys::failed(sent.error().text());
    return {};
  }
};
AIRSSYS_REGISTER_COMPONENT(Greeter)
