// The component that every language has; ../README.md says what it answers to which message.
#include <airssys/sdk/component.h>
#include <airssys/sdk/storage.h>

#include <cctype>
#include <string>
#include <vector>

namespace {

// Takes memory until the host refuses, which is a crash.
[[noreturn]] void eat() {
  std::vector<std::string> eaten;
  for (;;) eaten.emplace_back(std::size_t{64} << 10, 'x');
}

[[noreturn]] void spin() {
  volatile std::uint32_t turns = 0;
  for (;;) turns = turns + 1;
}

}  // namespace

class Echo : public airssys::component<Echo> {
 public:
  static constexpr airssys::metadata about{.name = "", .description = "Echoes in capitals", .language = "C++"};

  airssys::answer handle(airssys::message message) {
    if (message.codec() != airssys::codec::raw) return airssys::invalid_message("not raw");
    const std::string_view text = message.text();
    airssys::log::info(std::to_string(text.size()) + " bytes from " + std::string(message.sender()));
    if (text == "trap") __builtin_trap();
    if (text == "loop") spin();
    if (text == "eat") eat();
    if (text == "err") return airssys::failed("asked to fail");
    if (text == "kept") {
      auto kept = airssys::storage().get("kept");
      if (!kept) return airssys::failed("not kept: " + kept.error().text());
      return std::string(*kept ? (*kept)->text() : "");
    }
    if (text.starts_with("keep:")) {
      const auto kept = airssys::storage().set("kept", text.substr(5));
      if (!kept) return airssys::failed("not kept: " + kept.error().text());
    }
    if (text.starts_with("fwd:")) {
      const auto sent = airssys::send("other", text.substr(4));
      if (!sent) return airssys::failed("not forwarded: " + sent.error().text());
    }
    std::string capitals(text);
    for (char& c : capitals) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    return capitals;
  }
};
AIRSSYS_REGISTER_COMPONENT(Echo)
