"""The component that every language has; ../README.md says what it answers to which message."""

from wit_world import exports
from wit_world.imports import messaging, services, storage, types
from componentize_py_types import Err


# Of a payload the first byte says that bytes follow, as they are: the code of the codec `raw`. Others this component does not know.
RAW = b"\x55"


def failed(text):
    return Err(types.ComponentError_Failed(text))


def stored(call):
    try:
        return call()
    except Err as refusal:
        raise failed(f"not kept: {refusal.value}") from refusal


class Lifecycle(exports.Lifecycle):
    def init(self, config):
        pass

    def handle_message(self, msg):
        if not msg.payload.startswith(RAW):
            raise Err(types.ComponentError_InvalidMessage("not raw"))
        content = msg.payload[1:]
        services.log(types.LogLevel.INFO, f"{len(content)} bytes from {msg.sender}", [])
        if content == b"trap":
            raise RuntimeError("asked to crash")  # whatever is no Err ends the component
        if content == b"loop":
            while True:
                pass
        if content == b"eat":
            eaten = []
            while True:
                eaten.append(bytearray(64 << 10))
        if content == b"err":
            raise failed("asked to fail")
        if content == b"kept":
            return RAW + (stored(lambda: storage.get("kept")) or b"")
        if content.startswith(b"keep:"):
            stored(lambda: storage.set("kept", content[5:]))
        if content.startswith(b"fwd:"):
            try:
                messaging.send_message("other", RAW + content[4:])
            except Err as refusal:
                raise failed(f"not forwarded: {refusal.value}") from refusal
        return RAW + content.upper()

    def metadata(self):
        return types.ComponentMetadata(
            name="", version="", description="Echoes in capitals", author="", license="", language="Python",
            supported_operations=[], supported_codecs=[], requested_permissions=[], memory=types.MemoryNeeds(0, 0, 0),
            timeout_ms=None, stateful=False, api_version="", homepage="", repository="", tags=[], custom=None)

    def handle_callback(self, request, outcome):
        pass

    def execute(self, operation, ctx):
        raise Err(types.ExecutionError_InvalidOperation("no operations"))

    def supported_codecs(self):
        return []

    def health(self):
        return types.HealthReport(status=types.HealthStatus.HEALTHY, reason=None)

    def shutdown(self):
        pass
