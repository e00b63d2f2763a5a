"""Talks to others for what its message says; ../talker.cc says what. Written without an SDK, and for text alone."""

from wit_world import exports
from wit_world.imports import messaging, services, types
from componentize_py_types import Err

RAW = b"\x55"
DEFAULT_TIMEOUT_MS = 5000


def log(text):
    services.log(types.LogLevel.INFO, text, [])


def name_of(case):
    """`MessagingError_QueueFull()` is "QueueFull"; what a case tells stands behind a colon."""
    name = type(case).__name__.partition("_")[2]
    return f"{name}: {case.value}" if hasattr(case, "value") else name


def outcome(do, *arguments):
    try:
        do(*arguments)
        return "done"
    except Err as refusal:
        return name_of(refusal.value)


def cancel(target, content):
    try:
        request = messaging.send_request(target, content, DEFAULT_TIMEOUT_MS)
    except Err as refusal:
        return name_of(refusal.value)
    return f"{outcome(messaging.cancel_request, request)}, then {outcome(messaging.cancel_request, request)}"


def broadcast(targets, content):
    return ", ".join(name_of(one.value) if isinstance(one, Err) else "done" for one in messaging.broadcast(targets, content))


def obey(text):
    command, _, rest = text.partition(" ")
    first, _, tail = rest.partition(" ")
    if command == "send":
        return outcome(messaging.send_message, first, RAW + tail.encode())
    if command == "broadcast":
        return broadcast(first.split(","), RAW + tail.encode())
    if command == "ask":
        timeout_ms, _, question = tail.partition(" ")
        return outcome(messaging.send_request, first, RAW + question.encode(), int(timeout_ms))
    if command == "cancel":
        return cancel(first, RAW + tail.encode())
    if command == "publish":
        return outcome(messaging.publish, first, RAW + tail.encode())
    if command == "crash":
        raise RuntimeError("asked to crash")  # whatever is no Err ends the component
    log(f"heard {text}")
    return text


class Lifecycle(exports.Lifecycle):
    def init(self, config):
        for pattern in ("news.*", "*.alarm"):
            outcome(messaging.subscribe, pattern)  # without the grant it has no news

    def handle_message(self, msg):
        if not msg.payload.startswith(RAW):
            raise Err(types.ComponentError_InvalidMessage("not raw"))
        text = msg.payload[1:].decode()
        if msg.kind == types.MessageKind.PUBLISH:
            topic = messaging.current_metadata().topic
            if topic.startswith("news."):
                log(f"news {topic} {text}")
            if topic.endswith(".alarm"):
                log(f"alarm {text}")
            return None
        return RAW + obey(text).encode()

    def handle_callback(self, request, outcome):
        log(f"error {name_of(outcome.value)}" if isinstance(outcome, Err) else f"answer {outcome.value[1:].decode()}")

    def metadata(self):
        return types.ComponentMetadata(
            name="", version="", description="Talks to others", author="", license="", language="Python",
            supported_operations=[], supported_codecs=[], requested_permissions=[], memory=types.MemoryNeeds(0, 0, 0),
            timeout_ms=None, stateful=False, api_version="", homepage="", repository="", tags=[], custom=None)

    def execute(self, operation, ctx):
        raise Err(types.ExecutionError_InvalidOperation("no operations"))

    def supported_codecs(self):
        return []

    def health(self):
        return types.HealthReport(status=types.HealthStatus.HEALTHY, reason=None)

    def shutdown(self):
        pass
