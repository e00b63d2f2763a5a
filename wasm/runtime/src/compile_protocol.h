// What ApartCompiler and the program airssys-compile say to each other, over two files in memory. Both are built together;
// one that does not fit ends with an exit code.
#pragma once
#include <cstdint>

#include "airssys/wasm/bridge/bridge.h"

namespace airssys::wasm {

inline constexpr int compile_request_fd = 3;  // CompileRequest, then the component
inline constexpr int compile_answer_fd = 4;   // CompileAnswer, then the artifact, or why there is none
inline constexpr std::uint64_t compile_magic = 0x4149'5253'0000'0000 + sizeof(aw_engine_config);
// Exit codes beside 0; 2 is a call that it does not understand.
inline constexpr int compile_artifact_too_large = 3;
inline constexpr int compile_without_memory = 4;

struct CompileRequest {
  std::uint64_t magic;
  aw_engine_config config;
};

struct CompileAnswer {
  std::uint32_t code;  // aw_code; 0: an artifact follows
};

}  // namespace airssys::wasm
