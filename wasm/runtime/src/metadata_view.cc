#include "metadata_view.h"

#include <span>

#include "airssys/wasm/bridge/handles.h"

namespace airssys::wasm {
namespace {

aw_str lower(const std::string& text) { return to_bridge(std::string_view(text)); }
std::string lift(aw_str text) { return std::string(from_bridge(text)); }

std::vector<std::string> lift(const aw_str* texts, std::size_t count) {
  std::vector<std::string> lifted;
  for (const aw_str text : std::span(texts, count)) lifted.push_back(lift(text));
  return lifted;
}

void lower(const std::vector<std::string>& texts, std::vector<aw_str>& to) {
  to.clear();
  for (const std::string& text : texts) to.push_back(lower(text));
}

}  // namespace

void MetadataView::show(const ComponentMetadata& metadata) {
  lower(metadata.supported_operations, operations_);
  lower(metadata.tags, tags_);
  permissions_.clear();
  for (const auto& [kind, action, target] : metadata.requested_permissions)
    permissions_.push_back({lower(kind), lower(action), lower(target)});
  custom_.clear();
  if (metadata.custom)
    for (const auto& [name, value] : *metadata.custom) custom_.push_back({lower(name), lower(value)});
  lowered = {.name = lower(metadata.name),
             .version = lower(metadata.version),
             .description = lower(metadata.description),
             .author = lower(metadata.author),
             .license = lower(metadata.license),
             .language = lower(metadata.language),
             .api_version = lower(metadata.api_version),
             .homepage = lower(metadata.homepage),
             .repository = lower(metadata.repository),
             .operations = operations_.data(),
             .operation_count = operations_.size(),
             .codecs = metadata.supported_codecs.data(),
             .codec_count = metadata.supported_codecs.size(),
             .permissions = permissions_.data(),
             .permission_count = permissions_.size(),
             .tags = tags_.data(),
             .tag_count = tags_.size(),
             .custom = custom_.data(),
             .custom_count = custom_.size(),
             .memory_min = metadata.memory_min,
             .memory_max = metadata.memory_max,
             .memory_preferred = metadata.memory_preferred,
             .timeout_ms = metadata.timeout_ms.value_or(0),
             .has_timeout = metadata.timeout_ms.has_value(),
             .has_custom = metadata.custom.has_value(),
             .stateful = metadata.stateful};
}

ComponentMetadata metadata_of(const aw_component_metadata& lowered) {
  ComponentMetadata metadata{.name = lift(lowered.name),
                             .version = lift(lowered.version),
                             .description = lift(lowered.description),
                             .author = lift(lowered.author),
                             .license = lift(lowered.license),
                             .language = lift(lowered.language),
                             .api_version = lift(lowered.api_version),
                             .homepage = lift(lowered.homepage),
                             .repository = lift(lowered.repository),
                             .supported_operations = lift(lowered.operations, lowered.operation_count),
                             .tags = lift(lowered.tags, lowered.tag_count),
                             .memory_min = lowered.memory_min,
                             .memory_max = lowered.memory_max,
                             .memory_preferred = lowered.memory_preferred,
                             .stateful = lowered.stateful != 0};
  const std::span codecs(lowered.codecs, lowered.codec_count);
  metadata.supported_codecs.assign(codecs.begin(), codecs.end());
  for (const auto& [kind, action, target] : std::span(lowered.permissions, lowered.permission_count))
    metadata.requested_permissions.push_back({lift(kind), lift(action), lift(target)});
  if (lowered.has_custom) {
    metadata.custom.emplace();
    for (const auto& [name, value] : std::span(lowered.custom, lowered.custom_count))
      metadata.custom->emplace_back(lift(name), lift(value));
  }
  if (lowered.has_timeout) metadata.timeout_ms = lowered.timeout_ms;
  return metadata;
}

}  // namespace airssys::wasm
