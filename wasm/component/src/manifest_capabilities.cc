#include "manifest_capabilities.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <initializer_list>
#include <span>
#include <string_view>
#include <utility>
#include <variant>

#include "airssys/base/text.h"

namespace airssys::wasm {
namespace {

using namespace std::string_view_literals;

constexpr std::uint64_t mebi = 1024 * 1024;
enum class Access : std::uint8_t { none, read_only, read_write, admin };
constexpr std::array accesses{"none"sv, "read-only"sv, "read-write"sv, "admin"sv};

// A key that holds patterns, and the action they are for.
struct Grant {
  Action action;
  Key key;
};

// Reads one [capabilities], or one [[capabilities.optional]].
class Reader {
 public:
  Reader(TableReader& table, const ComponentName* own, Problems& problems) : table_(table), own_(own), problems_(problems) {}

  DeclaredCapabilities declared;

  void filesystem();
  void network();
  void storage(TableReader* old_storage);
  void messaging(bool hears_everybody);
  void process();
  void custom();
  void rationale();

 private:
  void add(Action action, std::string_view key, const PlacedText& text);
  void add_all(Action action, std::string_view key, std::span<const PlacedText> texts) {
    for (const PlacedText& text : texts) add(action, key, text);
  }
  // The capabilities for `from` are also for `to`.
  void copy(Action from, Action to);
  // An old form: a list where there is a table now.
  const Entry* flat(const Key& key, std::string_view instead);
  // The strings of such a list that begin with one of `words` and a ':', each as a grant of the key of that name.
  void flat_verbs(const Entry& list, const Key& key, std::span<const Grant> words);
  static std::optional<bool> flag(TableReader& table, const Key& key);
  void endpoints(TableReader& table, const Grant& grant, std::string_view old_prefix);
  std::optional<PlacedText> endpoint_of(const Value& item, const Grant& grant, std::string_view old_prefix);
  void dns_lookup(TableReader& table);
  void namespaces(std::span<const PlacedText> texts, Access access);

  TableReader& table_;
  const ComponentName* own_;
  Problems& problems_;
};

void Reader::add(Action action, std::string_view key, const PlacedText& text) {
  auto capability = Capability::parse(action, text.text, problems_.at(text.place));
  if (!capability) {
    problems_.mistake(text.place, fmt::format("'{}' is wrong: {}", key, capability.error().message()));
    return;
  }
  if (auto granted = declared.set.grant(*std::move(capability)); !granted)
    problems_.mistake(text.place, fmt::format("'{}' is wrong: {}", key, granted.error().message()));
}

void Reader::copy(Action from, Action to) {
  const auto source = declared.set.of(from);
  for (Capability capability : std::vector<Capability>(source.begin(), source.end())) {
    capability.action = to;
    // That a set is full is said of the first that does not fit.
    if (!declared.set.grant(std::move(capability))) break;
  }
}

const Entry* Reader::flat(const Key& key, std::string_view instead) {
  const Entry* entry = table_.entry(key);
  if (!entry || entry->value.kind != ValueKind::list) return nullptr;
  (void)table_.find(key);
  problems_.warning(entry->place, fmt::format("a list here is an old spelling; write {}", instead));
  return entry;
}

void Reader::flat_verbs(const Entry& list, const Key& key, std::span<const Grant> words) {
  for (PlacedText text : table_.texts_of(list, key)) {
    const std::string_view word = std::string_view(text.text).substr(0, text.text.find(':'));
    const auto found = std::ranges::find(words, word, [](const Grant& grant) { return grant.key.name; });
    if (found == words.end() || word.size() == text.text.size()) {
      problems_.mistake(text.place, fmt::format("'{}' has {}, which begins with no known word and ':'; write {} = {}", key.name,
                                                airssys::quoted(text.text), key.name, key.example));
      continue;
    }
    text.text.erase(0, word.size() + 1);
    add(found->action, found->key.name, text);
  }
}

std::optional<bool> Reader::flag(TableReader& table, const Key& key) {
  const Entry* entry = table.find(key);
  if (!entry || !table.expect(*entry, ValueKind::boolean, "true or false", key)) return std::nullopt;
  return entry->value.boolean;
}

// ---- [capabilities.filesystem]

constexpr std::array files{
    Grant{Action::filesystem_read, {"read", R"(["/srv/photos/**"])"}},
    Grant{Action::filesystem_write, {"write", R"(["/srv/thumbs/*.png"])"}},
    Grant{Action::filesystem_delete, {"delete", R"(["/srv/thumbs/*.png"])"}},
    Grant{Action::filesystem_list, {"list", R"(["/srv/photos/*"])"}},
    Grant{Action::filesystem_execute, {"execute", R"(["/opt/app/bin/*"])"}},
};

void Reader::filesystem() {
  static constexpr Alias old[]{{"file_system"}};
  constexpr Key key{"filesystem", R"({ read = ["/srv/photos/**"] })", old};
  bool lists = false;
  if (const Entry* list = flat(key, R"([capabilities.filesystem] with read = ["/srv/photos/**"])")) {
    flat_verbs(*list, key, files);
    lists = !declared.set.of(Action::filesystem_list).empty();
  } else {
    TableReader table(problems_, "[capabilities.filesystem]");
    table_.tables(key, table);
    lists = table.has({"list", ""});
    for (const Grant& grant : files) add_all(grant.action, grant.key.name, table.texts(grant.key));
    table.finish();
  }
  if (!lists) copy(Action::filesystem_read, Action::filesystem_list);
}

// ---- [capabilities.network]

constexpr std::array<std::string_view, 4> protocols{"tcp", "udp", "http", "https"};

std::optional<PlacedText> Reader::endpoint_of(const Value& item, const Grant& grant, std::string_view old_prefix) {
  const bool inbound = grant.action == Action::network_inbound;
  if (item.kind == ValueKind::text) {
    if (!item.text.starts_with(old_prefix)) return PlacedText{item.text, item.place};
    const std::string rest = item.text.substr(old_prefix.size());
    problems_.warning(item.place,
                      fmt::format("'{}' before an endpoint is an old spelling; write {}", old_prefix, airssys::quoted(rest)));
    return PlacedText{rest, item.place};
  }
  if (inbound && item.kind == ValueKind::integer) return PlacedText{fmt::format("0.0.0.0:{}", item.integer), item.place};
  if (item.kind != ValueKind::table) {
    problems_.mistake(item.place, fmt::format("'{}' must be a list of endpoints, found {} in it; write {} = {}", grant.key.name,
                                              value_kind_name(item.kind), grant.key.name, grant.key.example));
    return std::nullopt;
  }
  TableReader table(problems_, fmt::format("an endpoint of '{}'", grant.key.name));
  table.add(item);
  constexpr Key host_key{"host", R"("api.example.org")"}, port_key{"port", "443"}, protocol_key{"protocol", R"("tcp")"};
  table.require(host_key);
  table.require(port_key);
  const auto host = table.text(host_key);
  const auto protocol = table.choice(protocol_key, protocols);
  std::optional<std::string> port;
  if (const Entry* entry = table.entry(port_key); entry && entry->value.kind == ValueKind::text && entry->value.text == "*") {
    (void)table.find(port_key);
    port = "*";
  } else if (const auto number = table.integer(port_key, {1, 65'535})) {
    port = std::to_string(*number);
  }
  table.finish();
  if (!host || !port) return std::nullopt;
  const bool bare_ipv6 = host->text.contains(':') && !host->text.starts_with('[');
  return PlacedText{fmt::format("{}{}{}:{}", protocol ? protocols[*protocol] : ""sv, protocol ? ":" : "",
                                bare_ipv6 ? fmt::format("[{}]", host->text) : host->text, *port),
                    item.place};
}

void Reader::endpoints(TableReader& table, const Grant& grant, std::string_view old_prefix) {
  const Entry* entry = table.find(grant.key);
  if (!entry || !table.expect(*entry, ValueKind::list, "a list of endpoints", grant.key)) return;
  if (entry->key != grant.key.name) table.advise(*entry, fmt::format("rename it to '{}'", grant.key.name));
  for (const Value& item : entry->value.items)
    if (const auto text = endpoint_of(item, grant, old_prefix)) add(grant.action, grant.key.name, *text);
}

void Reader::dns_lookup(TableReader& table) {
  constexpr Key key{"dns_lookup", "true"};
  const auto said = flag(table, key);
  if (said) {
    if (*said) add(Action::network_dns_lookup, key.name, {"*", table.entry(key)->value.place});
    return;
  }
  if (table.has(key)) return;  // and wrong
  const auto source = declared.set.of(Action::network_outbound);
  for (const Capability& outbound : std::vector<Capability>(source.begin(), source.end())) {
    const HostPattern& host = std::get<EndpointPattern>(outbound.pattern).host();
    const bool address = host.host() && !host.host()->is_name();
    if (!address && !declared.set.grant({.action = Action::network_dns_lookup, .pattern = host, .place = outbound.place})) break;
  }
}

void Reader::network() {
  static constexpr Alias old_inbound[]{{"bind"}};
  constexpr Key key{"network", R"({ outbound = ["api.example.org:443"] })"};
  constexpr Grant outbound{Action::network_outbound, {"outbound", R"(["api.example.org:443"])"}};
  constexpr Grant inbound{Action::network_inbound, {"inbound", R"(["127.0.0.1:8080"])", old_inbound}};
  TableReader table(problems_, "[capabilities.network]");
  if (const Entry* list = flat(key, R"([capabilities.network] with outbound = ["api.example.org:443"])")) {
    constexpr std::array words{Grant{Action::network_outbound, {"connect", ""}}, Grant{Action::network_inbound, {"bind", ""}}};
    flat_verbs(*list, key, words);
  } else {
    table_.tables(key, table);
    endpoints(table, outbound, "connect:");
    endpoints(table, inbound, "bind:");
  }
  dns_lookup(table);
  table.finish();
}

// ---- [capabilities.storage]

void Reader::namespaces(std::span<const PlacedText> texts, Access access) {
  constexpr std::array actions{Action::storage_read, Action::storage_write, Action::storage_admin};
  for (const PlacedText& text : texts) {
    const auto pattern = StoragePattern::parse(text.text);
    if (pattern && own_ && !pattern->is_shared() && pattern->owner() != own_->text()) {
      problems_.mistake(text.place, fmt::format("'namespaces' has {} of another component; write '{}:…' or 'shared:…'",
                                                airssys::quoted(text.text), own_->text()));
      continue;
    }
    // Reading comes with every access but none, and says what is wrong with the pattern.
    for (const Action action : std::span(actions).first(pattern ? static_cast<std::size_t>(access) : 1))
      add(action, "namespaces", text);
  }
}

void Reader::storage(TableReader* old_storage) {
  static constexpr Alias old_size[]{{"quota_mb", mebi}, {"max-size"}};
  constexpr Key key{"storage", R"({ access = "read-write" })"};
  constexpr Key namespaces_key{"namespaces", R"(["shared:team"])"}, access_key{"access", R"("read-write")"};
  constexpr Key size_key{"max_size", R"("10MiB")", old_size}, persistent_key{"persistent", "true"};
  TableReader table(problems_, "[capabilities.storage]");
  std::vector<PlacedText> texts;
  Access access = Access::read_write;
  std::optional<Place> place;
  if (const Entry* list = flat(key, R"([capabilities.storage] with namespaces = ["shared:team"])")) {
    texts = table_.texts_of(*list, namespaces_key);
    place = list->place;
  } else {
    table_.tables(key, table);
    if (table.present()) place = table.place();
    texts = table.texts(namespaces_key);
    if (const auto said = table.choice(access_key, accesses)) access = static_cast<Access>(*said);
  }
  const Range sizes{0, max_storage_ceiling};
  declared.storage.max_size = table.size(size_key, sizes);
  declared.storage.persistent = flag(table, persistent_key).value_or(true);
  table.finish();
  if (old_storage && old_storage->present()) {
    problems_.warning(old_storage->place(), "[storage] is an old name; write max_size into [capabilities.storage]");
    const auto size = old_storage->size(size_key, sizes);
    if (size && declared.storage.max_size)
      problems_.mistake(old_storage->place(), "[storage] sets the same as max_size in [capabilities.storage]; keep that one");
    else if (size)
      declared.storage.max_size = size;
    old_storage->finish();
  }
  if (!place) return;
  if (access == Access::none && !texts.empty())
    problems_.mistake(texts.front().place, R"('namespaces' mean nothing with access = "none"; leave out one of both)");
  if (own_ && access != Access::none) texts.insert(texts.begin(), {own_->text() + ":*", *place});
  namespaces(texts, access);
}

// ---- [capabilities.messaging]

void Reader::messaging(bool hears_everybody) {
  static constexpr Alias old_send[]{{"can_send_to"}}, old_receive[]{{"can_receive_from"}};
  constexpr Key key{"messaging", R"({ send = ["indexer"] })"};
  constexpr Key send{"send", R"(["indexer"])", old_send}, receive{"receive_from", R"(["splitter"])", old_receive};
  constexpr Key request{"request", R"(["indexer"])"}, broadcast{"broadcast", R"(["worker-*"])"};
  constexpr Key publish{"publish", R"(["thumbs.created"])"}, subscribe{"subscribe", R"(["orders.*"])"};
  constexpr Key old_subscribe{"can_subscribe_events", "true"};

  TableReader table(problems_, "[capabilities.messaging]");
  if (const Entry* list = flat(key, R"([capabilities.messaging] with send = ["indexer"])"))
    add_all(Action::messaging_send, "messaging", table_.texts_of(*list, send));
  else
    table_.tables(key, table);
  add_all(Action::messaging_send, send.name, table.texts(send));
  if (table.has(request))
    add_all(Action::messaging_request, request.name, table.texts(request));
  else
    copy(Action::messaging_send, Action::messaging_request);
  add_all(Action::messaging_broadcast, broadcast.name, table.texts(broadcast));
  if (table.has(receive))
    add_all(Action::messaging_receive_from, receive.name, table.texts(receive));
  else if (hears_everybody)
    (void)declared.set.grant({.action = Action::messaging_receive_from, .pattern = TargetPattern::any()});

  const auto own_topics = table.texts(publish);
  for (const PlacedText& topic : own_topics) {
    if (topic.text == "sys" || topic.text.starts_with("sys."))
      problems_.mistake(topic.place,
                        fmt::format("'publish' has {}; topics that begin with 'sys' are the host's, choose another name",
                                    airssys::quoted(topic.text)));
    else
      add(Action::messaging_publish, publish.name, topic);
  }
  add_all(Action::messaging_subscribe, subscribe.name, table.texts(subscribe));
  if (const Entry* old = table.entry(old_subscribe)) {
    if (flag(table, old_subscribe)) table.advise(*old, R"(write subscribe = ["**"], or the topics it needs)");
    if (old->value.boolean) add(Action::messaging_subscribe, subscribe.name, {"**", old->value.place});
  }
  table.finish();
}

// ---- the rest

void Reader::process() {
  constexpr std::array grants{Grant{Action::process_spawn, {"spawn", R"(["/usr/bin/git"])"}},
                              Grant{Action::process_kill, {"kill", R"(["/usr/bin/git"])"}},
                              Grant{Action::process_signal, {"signal", R"(["/usr/bin/git"])"}}};
  TableReader table(problems_, "[capabilities.process]");
  table_.tables({"process", R"({ spawn = ["/usr/bin/git"] })"}, table);
  for (const Grant& grant : grants) {
    const Entry* entry = table.entry(grant.key);
    if (entry && entry->value.kind == ValueKind::boolean && !entry->value.boolean) {
      (void)table.find(grant.key);
      problems_.warning(entry->place, fmt::format("'{}' = false is an old spelling; remove it", grant.key.name));
      continue;
    }
    add_all(grant.action, grant.key.name, table.texts(grant.key));
  }
  table.finish();
}

void Reader::custom() {
  constexpr Key key{"custom", ""}, name_key{"name", R"("gpu")"}, value_key{"value", R"("2")"};
  const Entry* entry = table_.find(key);
  if (!entry) return;
  if (entry->value.kind != ValueKind::list) {
    problems_.mistake(entry->value.place,
                      fmt::format("'custom' must be a list of tables, found {}; write [[capabilities.custom]]",
                                  value_kind_name(entry->value.kind)));
    return;
  }
  for (const Value& item : entry->value.items) {
    TableReader table(problems_, "[[capabilities.custom]]");
    if (item.kind != ValueKind::table) {
      problems_.mistake(item.place,
                        fmt::format("'custom' must be a list of tables, found {} in it; write [[capabilities.custom]]",
                                    value_kind_name(item.kind)));
      continue;
    }
    table.add(item);
    table.require(name_key);
    table.require(value_key);
    const auto name = table.text(name_key);
    const auto value = table.text(value_key);
    table.finish();
    if (name && name->text.empty()) table.wrong(name->place, "name", "is empty", name_key);
    if (name && value) declared.custom.push_back({name->text, value->text, problems_.at(item.place)});
  }
}

void Reader::rationale() {
  TableReader table(problems_, "[capabilities.rationale]");
  table_.tables({"rationale", ""}, table);
  for (const std::string_view key : table.keys())
    if (auto why = table.text({key, R"("why it is needed")"})) declared.rationale.emplace_back(key, std::move(why->text));
}

DeclaredCapabilities read(TableReader& table, TableReader* old_storage, const ComponentName* own, bool optional,
                          Problems& problems) {
  Reader reader(table, own, problems);
  reader.filesystem();
  reader.network();
  reader.storage(old_storage);
  reader.messaging(!optional);
  reader.process();
  reader.custom();
  reader.rationale();
  return std::move(reader.declared);
}

}  // namespace

DeclaredCapabilities read_capabilities(TableReader& table, TableReader& old_storage, const ComponentName* own,
                                       Problems& problems) {
  DeclaredCapabilities declared = read(table, &old_storage, own, false, problems);
  const Entry* optional = table.find({"optional", ""});
  if (optional && optional->value.kind != ValueKind::list)
    problems.mistake(optional->value.place,
                     fmt::format("'optional' must be a list of tables, found {}; write [[capabilities.optional]]",
                                 value_kind_name(optional->value.kind)));
  if (optional)
    for (const Value& item : optional->value.items) {
      if (item.kind != ValueKind::table) {
        problems.mistake(item.place,
                         fmt::format("'optional' must be a list of tables, found {} in it; write [[capabilities.optional]]",
                                     value_kind_name(item.kind)));
        continue;
      }
      TableReader group(problems, "[[capabilities.optional]]");
      group.add(item);
      declared.optional.push_back(read(group, nullptr, own, true, problems));
      group.finish();
    }
  table.finish();
  return declared;
}

}  // namespace airssys::wasm
