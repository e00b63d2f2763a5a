#pragma once
#include <airssys/rt/actor.h>
#include <airssys/rt/context.h>

#include <functional>
#include <string>

struct Greet {
  std::string whom;
};

// Says hello to whom a message names, through what it was given to say it with.
class Greeter final : public airssys::rt::Actor<Greet> {
 public:
  using Say = std::function<void(const std::string&)>;
  explicit Greeter(Say say) : say_(std::move(say)) {}

  airssys::Result<airssys::rt::Turn> handle(Greet message, airssys::rt::Context&) override {
    if (message.whom.empty()) return airssys::fail(airssys::Code::invalid_argument, "whom?");
    say_("hello, " + message.whom);
    return airssys::rt::Turn::done;
  }

 private:
  Say say_;
};
