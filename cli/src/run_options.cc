#include <fmt/format.h>
#include <fmt/ranges.h>

#include <charconv>
#include <memory>
#include <vector>

#include "airssys/base/text.h"
#include "airssys/base/units.h"
#include "command_line.h"

namespace airssys::cli {
namespace {

constexpr std::uint32_t max_repeat = 1'000'000;

struct RawRun {
  std::string repeat, at_most, codec, name, audit_messages, data, storage, flush;
  std::vector<std::string> sends, paths, storage_limits;
  bool record_permissions = false, no_wall = false, stay = false;
};

Result<SendOption> parse_send(const std::string& text) {
  const auto equals = text.find('=');
  if (equals == std::string::npos || equals == 0 || equals + 1 == text.size())
    return usage(
        fmt::format("--send {}: not of the form NAME=FILE; write --send counter=words.txt, or --send counter=- for the "
                    "lines of standard input",
                    airssys::quoted(text)));
  return SendOption{text.substr(0, equals), text.substr(equals + 1)};
}

// Which events of messages have a line of the audit log: none, each, each N-th.
Result<std::uint32_t> parse_audit_messages(std::string_view text) {
  constexpr std::string_view sampled = "sampled:";
  if (text == "counted") return 0;
  if (text == "every") return 1;
  if (text.starts_with(sampled)) {
    const std::string_view number = text.substr(sampled.size());
    std::uint32_t every = 0;
    const auto [stop, error] = std::from_chars(number.data(), number.data() + number.size(), every);
    if (error == std::errc() && stop == number.data() + number.size() && every > 1) return every;
  }
  return usage(fmt::format("--audit-messages {}: write counted, every, or sampled:N with N from 2", airssys::quoted(text)));
}

// When what is kept is on disk: a mode, or how often.
Result<> parse_flush(std::string_view text, RunOptions& options) {
  if (const auto mode = wasm::flush_mode(text)) {
    options.flush = *mode;
    return {};
  }
  const auto interval = parse_duration(text);
  if (!interval || *interval < std::chrono::milliseconds(1) || *interval > std::chrono::hours(1))
    return usage(fmt::format("--flush {}: write always, manual, or how often it is synchronised, from 1ms to 1h, as 100ms",
                             airssys::quoted(text)));
  options.flush_interval = *interval;
  return {};
}

// `counter=1GB`, `shared:team=10MB`.
Result<> parse_storage_limit(std::string_view text, std::map<std::string, std::uint64_t, std::less<>>& limits) {
  const auto equals = text.find('=');
  const std::string_view name = text.substr(0, equals);
  auto size = equals == text.npos ? fail(Code::invalid_argument, "") : parse_size(text.substr(equals + 1));
  auto store = wasm::StoreId::parse(name);
  if (!store)
    if (const auto address = wasm::ComponentAddress::parse(name)) store = wasm::StoreId::own_of(*address);
  if (!size || !store)
    return usage(fmt::format("--storage-limit {}: write whose store, and what it may keep, as counter=1GB or shared:team=10MB",
                             airssys::quoted(text)));
  limits.insert_or_assign(store->account().text(), *size);
  return {};
}

Result<> checked_storage(const RawRun& raw, RunOptions& options) {
  options.data = raw.data;
  if (!raw.storage.empty()) {
    auto kind = wasm::parse_backend(raw.storage);
    if (!kind) return usage(fmt::format("--storage: {}", kind.error().message()));
    options.storage = *kind;
  }
  if (!raw.flush.empty()) AIRSSYS_TRY_VOID(parse_flush(raw.flush, options));
  AIRSSYS_TRY(options.storage_limits, parse_storage_limits(raw.storage_limits));
  return {};
}

Result<RunOptions> checked_run(const RawRun& raw) {
  RunOptions options;
  options.paths.assign(raw.paths.begin(), raw.paths.end());
  options.record_permissions = raw.record_permissions;
  options.wall = !raw.no_wall;
  options.name = raw.name;
  options.stay = raw.stay;
  if (options.paths.empty())
    return usage("run: no PATH; name a folder with a Component.toml, as in 'airssys-wasm run examples/echo'");
  bool input = false;
  for (const std::string& text : raw.sends) {
    AIRSSYS_TRY(auto send, parse_send(text));
    if (send.from_input() && std::exchange(input, true))
      return usage("--send NAME=- is given twice; standard input can feed one component only");
    options.sends.push_back(std::move(send));
  }
  if (!raw.repeat.empty()) {
    const char* end = raw.repeat.data() + raw.repeat.size();
    const auto [stop, error] = std::from_chars(raw.repeat.data(), end, options.repeat);
    if (error != std::errc() || stop != end || options.repeat == 0 || options.repeat > max_repeat)
      return usage(fmt::format("--repeat {}: not a number of times; write an integer from 1 to {}", airssys::quoted(raw.repeat),
                               max_repeat));
    if (input && options.repeat > 1)
      return usage("--repeat does not go with --send NAME=-; standard input can be read only once");
  }
  if (!raw.codec.empty()) {
    AIRSSYS_TRY(options.codec, parse_codec(raw.codec));
  }
  if (!raw.audit_messages.empty()) {
    AIRSSYS_TRY(options.audit_messages, parse_audit_messages(raw.audit_messages));
  }
  if (!raw.at_most.empty()) {
    auto duration = parse_duration(raw.at_most);
    if (!duration) return std::unexpected(std::move(duration).error().within("--for"));
    options.at_most = *duration;
  }
  AIRSSYS_TRY_VOID(checked_storage(raw, options));
  return options;
}

}  // namespace

Result<std::map<std::string, std::uint64_t, std::less<>>> parse_storage_limits(std::span<const std::string> texts) {
  std::map<std::string, std::uint64_t, std::less<>> limits;
  for (const std::string& text : texts) AIRSSYS_TRY_VOID(parse_storage_limit(text, limits));
  return limits;
}

void declare_run(CommandLine& line) {
  const auto raw = std::make_shared<RawRun>();
  CLI::App& app = line.add(line.root(), "run", "Run components in the foreground until they are idle, or Ctrl-C",
                           [raw](const CLI::App&) { return checked_run(*raw); });
  app.add_option("PATH", raw->paths, "Folders with a Component.toml, or folders of such folders")->type_name("");
  app.add_option("--send,-s", raw->sends, "Send the file as one message; -: each line of standard input. Repeatable")
      ->type_name("NAME=FILE|-")
      ->expected(1)
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  app.add_option("--repeat", raw->repeat, "Send every file N times")->type_name("N");
  app.add_option("--codec", raw->codec, "What the messages are written in, as json (default raw); nothing is converted")
      ->type_name("NAME");
  app.add_option("--for", raw->at_most, "Stop after this time (500ms, 10s, 2m) even when there is work left")
      ->type_name("DURATION");
  app.add_flag("--record-permissions", raw->record_permissions,
               "In development mode: print the smallest [capabilities] that the run needed");
  app.add_flag("--stay", raw->stay,
               "Stay when there is nothing to do, for `airssys-wasm send` and its like, until Ctrl-C or --for");
  app.add_option("--name", raw->name, "By which these find this host (default: the number of its process)")->type_name("NAME");
  app.add_option("--audit-messages", raw->audit_messages,
                 "Lines of the audit log about messages: counted (default: decisions and how many), every event, or sampled:N")
      ->type_name("MODE");
  app.add_option("--data", raw->data, "Where components keep what they keep (default: data in the home folder)")
      ->type_name("DIR");
  app.add_option("--storage", raw->storage, "How: rocksdb (default), sled, or memory, which ends with this run")
      ->type_name("BACKEND");
  app.add_option("--flush", raw->flush,
                 "When it is on disk: always (before a component goes on), manual (at the end), or how often (default 100ms)")
      ->type_name("MODE");
  app.add_option("--storage-limit", raw->storage_limits, "What one may keep, whatever its manifest says: counter=1GB. Repeatable")
      ->type_name("NAME=SIZE")
      ->expected(1)
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  app.add_flag("--no-wall", raw->no_wall, "Leave the process all files and system calls of its user");
  app.footer(
      "Without --send the files of [development] send in the manifests are sent.\n"
      "Ends with a table of what each component did. The exit code is 0, or that of the first error.\n"
      "Ctrl-C stops in order; a second one ends at once.\n\n"
      "Examples:\n"
      "  airssys-wasm run examples/echo --send echo=README.md\n"
      "  airssys-wasm run examples/text-pipeline --json | jq '.components[].handled'\n"
      "  tail -f access.log | airssys-wasm run counter/ --send counter=-");
}

}  // namespace airssys::cli
