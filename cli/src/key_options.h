// Commands of keys, signatures and manifests.
#pragma once
#include <filesystem>
#include <string>

namespace airssys::cli {

struct KeygenOptions {
  std::filesystem::path output;  // empty: the user's own key file
  bool force = false;            // replaces the key that is there
  bool show = false;             // makes none, shows the public half of the one that is there
};

// A component and its manifest: both below a folder, or each where the user says.
struct ProjectOptions {
  std::filesystem::path folder = ".";
  std::filesystem::path manifest, wasm;  // empty: as in the folder
};

struct SignOptions {
  ProjectOptions project;
  std::filesystem::path keypair;  // empty: the user's own
  bool detached = false;
};

struct ValidateOptions {
  ProjectOptions project;
};
// `analyze-capabilities`.
struct AnalyzeOptions {
  ProjectOptions project;
};

struct VerifyOptions {
  ProjectOptions project;
  std::string key;  // that has to be the author's; empty: any
};

}  // namespace airssys::cli
