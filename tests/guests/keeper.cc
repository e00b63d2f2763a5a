#include <airssys/sdk/component.h>
#include <airssys/sdk/storage.h>
#include <airssys/sdk/storage_batch.h>

#include <vector>

// Uses storage for what its message says; rust-keeper does the same with the Rust SDK. Raw text is a command, and its answer what
// came of it, or the text of the error:
//   set KEY VALUE          `done`                      get KEY       the value, or `none`
//   del KEY, has KEY       `true` or `false`           usage         `<used> <quota> <keys>`
//   keys PREFIX            keys, with spaces           scan PREFIX   `<key>=<value>`, with spaces
//   page LIMIT CURSOR PREFIX   the same of one page, `-` for no cursor, and then `next=<cursor>` if there is one
//   batch COMMAND; …       `done`; commands are set and del, applied together
//   add KEY                adds one to the number that is kept in KEY, in borsh, and answers it
//   clear                  how many keys that were
//   open STORE COMMAND     opens the store, does the command there (set, get, del, has, scan, page, add), closes it
//   hold STORE             opens it and keeps it open: how many are
//   flood COUNT BYTES      sets flood/0, flood/1, … to so many bytes: `done`, or `<number>: <error>` of the first that is refused
//   crash COMMAND          does it, then crashes
namespace {

std::string_view take_word(std::string_view& text) {
  const std::size_t space = text.find(' ');
  const std::string_view word = text.substr(0, space);
  text.remove_prefix(space == std::string_view::npos ? text.size() : space + 1);
  return word;
}

std::uint32_t number(std::string_view text) {
  std::uint32_t value = 0;
  for (const char digit : text) value = value * 10 + static_cast<std::uint32_t>(digit - '0');
  return value;
}

std::string told(const airssys::stored<void>& done) { return done ? "done" : done.error().text(); }
std::string told(const airssys::stored<bool>& found) { return found ? (*found ? "true" : "false") : found.error().text(); }
std::string told(const airssys::stored<std::uint64_t>& count) { return count ? std::to_string(*count) : count.error().text(); }

void append(std::string& line, std::string_view key, std::string_view value) {
  line.append(line.empty() ? "" : " ").append(key).append("=").append(value);
}

std::string batch(std::string_view commands) {
  airssys::storage_batch all;
  while (!commands.empty()) {
    const std::size_t end = commands.find("; ");
    std::string_view rest = commands.substr(0, end);
    commands.remove_prefix(end == std::string_view::npos ? commands.size() : end + 2);
    const bool sets = take_word(rest) == "set";
    std::string key(take_word(rest));
    sets ? all.set(std::move(key), rest) : all.remove(std::move(key));
  }
  return told(all.apply());
}

std::string flood(std::string_view rest) {
  const std::uint32_t count = number(take_word(rest));
  const std::string value(number(rest), 'x');
  for (std::uint32_t n = 0; n < count; ++n)
    if (const auto done = airssys::storage().set("flood/" + std::to_string(n), value); !done)
      return std::to_string(n) + ": " + done.error().text();
  return "done";
}

// What all stores can do.
std::string in_store(const auto& store, std::string_view command, std::string_view rest) {
  if (command == "set") {
    const std::string_view key = take_word(rest);
    return told(store.set(key, rest));
  }
  if (command == "get") {
    const auto kept = store.get(rest);
    if (!kept) return kept.error().text();
    return *kept ? std::string((*kept)->text()) : "none";
  }
  if (command == "del") return told(store.remove(rest));
  if (command == "has") return told(store.has(rest));
  if (command == "scan") {
    std::string line;
    const auto done =
        store.scan(rest, [&](std::string_view key, const airssys::bytes& value) { append(line, key, value.text()); });
    return done ? line : done.error().text();
  }
  if (command == "page") {
    const std::uint32_t limit = number(take_word(rest));
    const std::string_view cursor = take_word(rest);
    const auto page = store.page(rest, cursor == "-" ? std::nullopt : std::optional(cursor), limit);
    if (!page) return page.error().text();
    std::string line;
    for (const auto& [key, value] : page->entries) append(line, key, value.text());
    if (page->next) append(line, "next", *page->next);
    return line;
  }
  if (command == "add") {
    const auto kept = store.template get_value<std::uint64_t>(rest);
    if (!kept) return kept.error().text();
    const std::uint64_t next = kept->value_or(0) + 1;
    const auto done = store.set_value(rest, next);
    return done ? std::to_string(next) : done.error().text();
  }
  return "no such command";
}

}  // namespace

class Keeper : public airssys::component<Keeper> {
 public:
  static constexpr airssys::metadata about{.name = "", .description = "Keeps what it is told"};

  airssys::answer handle(airssys::message message) { return run(message.text()); }

 private:
  std::string run(std::string_view rest) {
    const std::string_view command = take_word(rest);
    if (command == "crash") {
      run(rest);
      __builtin_trap();
    }
    if (command == "open") {
      const auto store = airssys::open_store(take_word(rest));
      if (!store) return store.error().text();
      const std::string_view there = take_word(rest);
      return in_store(*store, there, rest);
    }
    if (command == "hold") {
      auto store = airssys::open_store(rest);
      if (!store) return store.error().text();
      held_.push_back(*std::move(store));
      return std::to_string(held_.size());
    }
    if (command == "keys") {
      const auto keys = airssys::storage().keys(rest);
      if (!keys) return keys.error().text();
      std::string line;
      for (const std::string& key : *keys) line.append(line.empty() ? "" : " ").append(key);
      return line;
    }
    if (command == "usage") {
      const auto usage = airssys::storage().usage();
      if (!usage) return usage.error().text();
      return std::to_string(usage->used) + " " + std::to_string(usage->quota) + " " + std::to_string(usage->keys);
    }
    if (command == "clear") return told(airssys::storage().clear());
    if (command == "batch") return batch(rest);
    if (command == "flood") return flood(rest);
    return in_store(airssys::storage(), command, rest);
  }

  std::vector<airssys::shared_store> held_;
};
AIRSSYS_REGISTER_COMPONENT(Keeper)
