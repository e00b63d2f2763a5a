//! Each function of the host's packages, called once; what it answers, as text.
use crate::whole::airssys::core::types::{Capability, LogLevel, MessageId};
use crate::whole::airssys::core::{capabilities, messaging, multicodec, services, storage, waiting};
use crate::whole::airssys::ext_filesystem::files;
use crate::whole::airssys::ext_network::{http, sockets};
use crate::whole::airssys::ext_process::processes;
use std::fmt::Debug;

/// What is sent: `raw` by its first byte.
const PAYLOAD: &[u8] = b"\x55bytes";
/// A handle that the host never gave.
const FORGED: u32 = 77;

fn text(value: impl Debug) -> String {
    format!("{value:?}")
}

fn core(function: &str) -> Option<String> {
    // SAFETY: it is no handle at all, which the host finds out; the call never comes back.
    let store = || unsafe { storage::Store::from_handle(FORGED) };
    let entry = storage::Entry { key: "key".into(), value: b"value".to_vec() };
    Some(match function {
        "messaging.send-message" => text(messaging::send_message("other", PAYLOAD)),
        "messaging.send-request" => text(messaging::send_request("other", PAYLOAD, 1000)),
        "messaging.cancel-request" => text(messaging::cancel_request(MessageId { high: 1, low: 2 })),
        "messaging.broadcast" => text(messaging::broadcast(&["other".into(), "stranger".into()], PAYLOAD)),
        "messaging.publish" => text(messaging::publish("orders.new", PAYLOAD)),
        "messaging.subscribe" => text(messaging::subscribe("orders.*")),
        "messaging.unsubscribe" => text(messaging::unsubscribe(3)),
        "messaging.current-metadata" => text(messaging::current_metadata()),
        "messaging.self-id" => text(messaging::self_id()),
        "storage.get" => text(storage::get("key")),
        "storage.set" => text(storage::set("key", b"value")),
        "storage.delete" => text(storage::delete("key")),
        "storage.has" => text(storage::has("key")),
        "storage.keys" => text(storage::keys("k", Some("key"), 10)),
        "storage.scan-prefix" => text(storage::scan_prefix("k", None, 10)),
        "storage.apply" => text(storage::apply(&[storage::Operation::Set(entry), storage::Operation::Delete("old".into())])),
        "storage.usage" => text(storage::usage()),
        "storage.clear" => text(storage::clear()),
        "storage.open" => text(storage::open("shared:all")),
        "storage.[method]store.get" => text(store().get("key")),
        "storage.[method]store.set" => text(store().set("key", b"value")),
        "storage.[method]store.delete" => text(store().delete("key")),
        "storage.[method]store.has" => text(store().has("key")),
        "storage.[method]store.scan-prefix" => text(store().scan_prefix("k", None, 10)),
        "services.log" => text(services::log(LogLevel::Warn, "a line", &[("key".into(), "value".into())])),
        "services.current-time" => text(services::current_time().seconds > 1_700_000_000),
        "services.current-time-millis" => text(services::current_time_millis() > 1_700_000_000_000),
        "services.monotonic-now" => text(services::monotonic_now() <= services::monotonic_now()),
        "services.list-components" => text(services::list_components()),
        "services.get-component-metadata" => {
            let own = services::get_component_metadata(&messaging::self_id());
            text(own.map(|metadata| (metadata.language, metadata.supported_codecs)))
        }
        "services.call-host-function" => text(services::call_host_function("reverse", b"abc")),
        "capabilities.is-granted" => {
            let send = |target: &str| Capability { kind: "messaging".into(), action: "send".into(), target: target.into() };
            text((capabilities::is_granted(&send("other")), capabilities::is_granted(&send("stranger"))))
        }
        "capabilities.granted" => {
            text(capabilities::granted().into_iter().map(|one| (one.kind, one.action, one.target)).collect::<Vec<_>>())
        }
        "multicodec.encode" => text(multicodec::encode(0x0200, b"{}")),
        "multicodec.decode" => {
            let decoded = multicodec::encode(0x0200, b"{}").and_then(|bytes| multicodec::decode(&bytes));
            text(decoded.map(|it| (it.code, it.data)))
        }
        "multicodec.is-supported" => text((multicodec::is_supported(0x0200), multicodec::is_supported(1))),
        "multicodec.info" => text(multicodec::info(0x0200).map(|codec| (codec.code, codec.name))),
        "waiting.sleep-ms" => text(waiting::sleep_ms(1)),
        _ => return None,
    })
}

fn files(function: &str) -> Option<String> {
    // SAFETY: as in `core`.
    let file = || unsafe { files::File::from_handle(FORGED) };
    Some(match function {
        "files.open" => text(files::open("/data/a", files::OpenFlags::READ | files::OpenFlags::CREATE)),
        "files.read-file" => text(files::read_file("/data/a")),
        "files.write-file" => text(files::write_file("/data/a", b"bytes")),
        "files.append" => text(files::append("/data/a", b"bytes")),
        "files.stat" => text(files::stat("/data/a")),
        "files.exists" => text(files::exists("/data/a")),
        "files.list-dir" => text(files::list_dir("/data")),
        "files.create-dir" => text(files::create_dir("/data/b")),
        "files.remove-dir" => text(files::remove_dir("/data/b", true)),
        "files.delete-file" => text(files::delete_file("/data/a")),
        "files.rename" => text(files::rename("/data/a", "/data/b")),
        "files.copy" => text(files::copy("/data/a", "/data/b")),
        "files.set-permissions" => text(files::set_permissions("/data/a", 0o600)),
        "files.create-symlink" => text(files::create_symlink("/data/c", "/data/a")),
        "files.read-symlink" => text(files::read_symlink("/data/c")),
        "files.[method]file.read" => text(file().read(10)),
        "files.[method]file.write" => text(file().write(b"bytes")),
        "files.[method]file.seek" => text(file().seek(-1, files::Whence::End)),
        "files.[method]file.tell" => text(file().tell()),
        "files.[method]file.stat" => text(file().stat()),
        "files.[method]file.sync" => text(file().sync()),
        "files.[method]file.close" => text(file().close()),
        _ => return None,
    })
}

fn network(function: &str) -> Option<String> {
    // SAFETY: as in `core`.
    let (connection, listener, socket, body) = unsafe {
        (
            || sockets::TcpConnection::from_handle(FORGED),
            || sockets::TcpListener::from_handle(FORGED),
            || sockets::UdpSocket::from_handle(FORGED),
            || http::Body::from_handle(FORGED),
        )
    };
    let endpoint = || sockets::Endpoint { address: "127.0.0.1".into(), port: 7 };
    let options = http::RequestOptions { timeout_ms: Some(1000), max_redirects: 1 };
    Some(match function {
        "sockets.resolve" => text(sockets::resolve("example.org")),
        "sockets.tcp-connect" => text(sockets::tcp_connect("example.org", 80, Some(1000))),
        "sockets.tcp-listen" => text(sockets::tcp_listen(&endpoint())),
        "sockets.udp-bind" => text(sockets::udp_bind(&endpoint())),
        "sockets.[method]tcp-connection.send" => text(connection().send(b"bytes")),
        "sockets.[method]tcp-connection.receive" => text(connection().receive(10, None)),
        "sockets.[method]tcp-connection.shutdown" => text(connection().shutdown(sockets::Direction::Both)),
        "sockets.[method]tcp-connection.peer" => text(connection().peer()),
        "sockets.[method]tcp-connection.close" => text(connection().close()),
        "sockets.[method]tcp-listener.accept" => text(listener().accept(None)),
        "sockets.[method]tcp-listener.local" => text(listener().local()),
        "sockets.[method]tcp-listener.close" => text(listener().close()),
        "sockets.[method]udp-socket.send-to" => text(socket().send_to(b"bytes", &endpoint())),
        "sockets.[method]udp-socket.receive-from" => text(socket().receive_from(10, None)),
        "sockets.[method]udp-socket.close" => text(socket().close()),
        "http.request" => {
            text(http::request(http::Method::Post, "https://example.org/", &[("accept".into(), "*/*".into())], b"bytes", options))
        }
        "http.[method]body.read" => text(body().read(10)),
        _ => return None,
    })
}

fn processes(function: &str) -> Option<String> {
    // SAFETY: as in `core`.
    let child = || unsafe { processes::Child::from_handle(FORGED) };
    let options = processes::SpawnOptions {
        env: vec![("KEY".into(), "value".into())],
        inherit: vec!["PATH".into()],
        cwd: Some("/data".into()),
        stdin: Some(b"bytes".to_vec()),
        stdout: processes::Output::Capture,
        stderr: processes::Output::Discard,
    };
    Some(match function {
        "processes.spawn" => text(processes::spawn("true", &[], &options)),
        "processes.execute" => text(processes::execute("true", &["-v".into()], &options, None)),
        "processes.[method]child.id" => text(child().id()),
        "processes.[method]child.status" => text(child().status()),
        "processes.[method]child.wait" => text(child().wait(Some(10))),
        "processes.[method]child.kill" => text(child().kill()),
        "processes.[method]child.signal" => text(child().signal(processes::Signal::Term)),
        _ => return None,
    })
}

/// None: there is no such function.
pub fn call(function: &str) -> Option<String> {
    core(function).or_else(|| files(function)).or_else(|| network(function)).or_else(|| processes(function))
}
