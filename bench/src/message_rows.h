// Rows of the whole host: messages from component to component, through everything that a host puts between them.
#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>

#include "airssys/base/platform.h"
#include "airssys/base/result.h"
#include "serve.h"

namespace airssys::bench {

// One host with the components `source` and `sink`. Keeps what its rows use; they must not outlive it.
class MessageRows {
 public:
  // `guests` holds the folders source and sink. 0 workers: as the host decides. With one worker the time is that of the
  // processor, which other programs do not lengthen: there is nothing to wait for. With more it is that on the wall.
  [[nodiscard]] static Result<std::unique_ptr<MessageRows>> create(const std::filesystem::path& guests, std::uint32_t instances,
                                                                   std::size_t workers, Platform& platform);
  virtual ~MessageRows() = default;
  // As message.<bytes>.<suffix>: rounds of a hundred messages; as hop.<bytes>.<suffix>: one message there, one back.
  virtual void add_to(Rows& rows, std::string_view suffix) = 0;
};

}  // namespace airssys::bench
