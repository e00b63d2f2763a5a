// What groups of commands add to the command line. Each group declares its commands in a file of its own, *_options.cc; these
// and options.cc are the only sources that know CLI11.
//
// A command is a CLI11 application and a function that makes its options out of what CLI11 filled in; the function runs only
// when that command was given. Values that CLI11 fills in live as long as the function, which shares them.
#pragma once
#include <CLI/CLI.hpp>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

#include "options.h"

namespace airssys::cli {

class CommandLine {
 public:
  // Gets the application it was declared with, for messages. Failures: invalid_argument.
  using Take = std::function<Result<Command>(const CLI::App&)>;

  CommandLine();
  // Of `parent`, with the options that all commands have.
  CLI::App& add(CLI::App& parent, const std::string& name, const std::string& description, Take take);
  // `airssys-wasm NAME COMMAND`: holds commands and is none.
  CLI::App& add_group(const std::string& name, const std::string& description);
  [[nodiscard]] CLI::App& root() noexcept { return root_; }

  // Once, after all commands were declared.
  [[nodiscard]] Result<Invocation> parse(std::span<const std::string> arguments);

 private:
  void add_common(CLI::App& app);
  [[nodiscard]] const CLI::App& active() const;
  [[nodiscard]] Result<Invocation> checked();

  CLI::App root_;
  CommonOptions common_;
  std::string log_level_;
  std::vector<CLI::App*> declared_;  // all but the root, in this order
  std::unordered_map<const CLI::App*, Take> takes_;
};

void declare_run(CommandLine& line);
void declare_tools(CommandLine& line);  // inspect, componentize, wit …
void declare_trust(CommandLine& line);  // trust …, approvals, approve, deny
void declare_keys(CommandLine& line);   // keygen, sign, verify, validate, analyze-capabilities
void declare_audit(CommandLine& line);  // audit verify, audit show
void declare_explain(CommandLine& line);  // why-denied, permissions check
void declare_storage(CommandLine& line);  // storage …
void declare_admin(CommandLine& line);  // send, deadletters …, topics watch

// The code of --codec NAME; a mistake of usage when messages cannot be sent in it.
[[nodiscard]] Result<std::uint64_t> parse_codec(const std::string& name);
// As StorageConfig::limits has them, of `counter=1GB` and its like.
[[nodiscard]] Result<std::map<std::string, std::uint64_t, std::less<>>> parse_storage_limits(std::span<const std::string> texts);
// invalid_argument.
[[nodiscard]] std::unexpected<Error> usage(std::string message);
// "airssys-wasm wit check", for the advice of messages.
[[nodiscard]] std::string full_name(const CLI::App& app);
// A mistake of usage when it is empty: "bindgen: --lang is missing; …".
[[nodiscard]] Result<> required(const CLI::App& app, const std::string& value, std::string_view what);

}  // namespace airssys::cli
