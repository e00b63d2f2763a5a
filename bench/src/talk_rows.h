// Rows of the whole host: requests with their answers, and publications, from component to component.
#pragma once
#include <filesystem>
#include <memory>

#include "airssys/base/platform.h"
#include "airssys/base/result.h"
#include "serve.h"

namespace airssys::bench {

// One host on one worker, with a `source`, a `sink` and subscribers. Keeps what its rows use; they must not outlive it.
class TalkRows {
 public:
  // `guests` holds talk.wasm. The time is that of the processor, as in MessageRows.
  [[nodiscard]] static Result<std::unique_ptr<TalkRows>> create(const std::filesystem::path& guests, Platform& platform);
  virtual ~TalkRows() = default;
  // request.64 and request.64.100: a question, its answer and handle-callback, one after another and a hundred under way.
  // topic.64: a publication, for each subscriber that has handled it.
  virtual void add_to(Rows& rows) = 0;
};

}  // namespace airssys::bench
