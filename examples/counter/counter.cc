#include <airssys/sdk/component.h>
#include <airssys/sdk/storage.h>

#include <cstdint>

// Counts, and keeps its count over its own crashes and over the end of the host.
//   add     adds one, and answers the count once it is kept
//   get     answers the count
//   crash   crashes
class Counter : public airssys::component<Counter> {
 public:
  static constexpr airssys::metadata about{.name = "counter", .version = "1.0.0", .description = "Counts, and keeps its count"};

  airssys::status init(const airssys::config&) {
    const auto kept = airssys::storage().get_value<std::uint64_t>(key);
    if (!kept) return airssys::failed(kept.error().text());
    count_ = kept->value_or(0);
    airssys::log::info("begins at " + std::to_string(count_));
    return {};
  }

  airssys::answer handle(airssys::message message) {
    if (message.text() == "crash") __builtin_trap();
    if (message.text() == "add") {
      const auto kept = airssys::storage().set_value(key, count_ + 1);
      if (!kept) return airssys::failed(kept.error().text());
      ++count_;
    } else if (message.text() != "get") {
      return airssys::invalid_message("neither add nor get");
    }
    airssys::log::info("count " + std::to_string(count_));
    return std::to_string(count_);
  }

 private:
  static constexpr std::string_view key = "count";
  std::uint64_t count_ = 0;
};
AIRSSYS_REGISTER_COMPONENT(Counter)
